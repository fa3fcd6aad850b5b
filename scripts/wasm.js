// Builds the wasm kernels from AssemblyScript into src/kernels/wasm/binary.ts, once for plain and once for shared memory (a module
// names the kind of memory it imports). The compiler is pinned: `--check` builds again and compares byte for byte.
import { readFileSync, writeFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import { path } from './entry-points.js';

const SOURCES = path('src/kernels/wasm/assembly/');
const FILE = path('src/kernels/wasm/binary.ts');
const FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--noExportMemory', '--enable', 'simd'];
const SHARED = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'];

async function compile(flags) {
  let binary;
  const readFile = (name) => {
    try {
      return readFileSync(`${SOURCES}${name}`, 'utf8');
    } catch {
      return null; // the compiler asks for names that may not exist
    }
  };
  const writeFile = (_, content) => {
    binary = content;
  };
  const { error, stderr } = await asc.main(['index.ts', '-o', 'kernels.wasm', ...FLAGS, ...flags], {
    readFile,
    writeFile,
  });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return Buffer.from(binary);
}

const [plain, shared] = [await compile([]), await compile(SHARED)];

/** Both are the same but for how they import the memory: where the first differs, and what the second has in its place. */
function difference(a, b) {
  let start = 0;
  while (a[start] === b[start]) start++;
  let end = 0;
  while (a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return { from: start, to: a.length - end, with: b.subarray(start, b.length - end).toString('hex') };
}

const { from, to, with: other } = difference(plain, shared);
const source = `// Built by scripts/wasm.js from src/kernels/wasm/assembly; \`npm run wasm\` builds it again.

/** The module for a memory of one thread, ${plain.length} bytes in hexadecimal, which packs better than base64. */
export const MODULE =
  '${plain.toString('hex')}';

/** The module for a memory that threads share, ${shared.length} bytes, is the same with other bytes from here to there. */
export const SHARED = { from: ${from}, to: ${to}, bytes: '${other}' };
`;
if (!process.argv.includes('--check')) writeFileSync(FILE, source);
else if (readFileSync(FILE, 'utf8') !== source) {
  console.error('src/kernels/wasm/binary.ts differs from its sources: npm run wasm');
  process.exitCode = 1;
}
console.log(`wasm kernels: ${plain.length} bytes, with shared memory ${shared.length}`);
