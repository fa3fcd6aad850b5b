// Writes a `.d.cts` beside every `.d.ts`: the same declarations for `require`, with their neighbours named `.cjs`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { path } from './entry-points.js';

const neighbour = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"]*)\.js\2/g;

for (const name of readdirSync(path('dist'), { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const declarations = readFileSync(path(`dist/${name}`), 'utf8');
  writeFileSync(path(`dist/${name.replace(/\.ts$/, '.cts')}`), declarations.replace(neighbour, '$1$2$3.cjs$2'));
}
