import { readFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

/** Entry point → source file without its extension, as package.json's `exports` has them: `./ops` → `ops/index`. */
export const entryPoints = Object.fromEntries(
  Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([entry, target]) => [entry, target.import.default.replace(/^\.\/dist\/|\.js$/g, '')]),
);

/** Path of a file of the repository. */
export const path = (name) => new URL(name, root).pathname;
