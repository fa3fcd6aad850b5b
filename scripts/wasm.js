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
  const { error, stderr } = await asc.main(['index.ts', '-o', 'kernels.wasm', ...FLAGS, ...flags], { readFile, writeFile });
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return Buffer.from(binary);
}

const [plain, shared] = [await compile([]), await compile(SHARED)];
const text = (binary) => `\n  '${binary.toString('base64')}'`;
const source = `// Built by scripts/wasm.js from src/kernels/wasm/assembly; \`npm run wasm\` builds it again.

/** For a memory of one thread: ${plain.length} bytes. */
export const PLAIN =${text(plain)};

/** For a memory that threads share: ${shared.length} bytes. */
export const SHARED =${text(shared)};
`;
if (!process.argv.includes('--check')) writeFileSync(FILE, source);
else if (readFileSync(FILE, 'utf8') !== source) {
  console.error('src/kernels/wasm/binary.ts differs from its sources: npm run wasm');
  process.exitCode = 1;
}
console.log(`wasm kernels: ${plain.length} bytes, with shared memory ${shared.length}`);
