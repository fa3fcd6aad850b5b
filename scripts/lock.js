// Completes the lock file. npm leaves out binaries for other platforms that the registry at hand does not list, and then
// refuses its own file: `npm ci` stops with "Missing: … from lock file". Run after every change of dependencies.
import { readFileSync, writeFileSync } from 'node:fs';
import { path } from './entry-points.js';

const PLATFORM =
  /-(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z]+\d*[a-z]*)(?:-(\w+))?$/;
const LIBC = { gnu: 'glibc', musl: 'musl' };

/** What npm needs to know to pass by a binary: its version and, told by its name, the platform it is for. */
function entryFor(name, version) {
  const [, os, cpu, abi] = name.match(PLATFORM) ?? [];
  if (!os) throw new Error(`${name}: no platform in its name`);
  const libc = os === 'linux' && LIBC[abi];
  return { version, optional: true, dev: true, os: [os], cpu: [cpu], ...(libc ? { libc: [libc] } : {}) };
}

const file = path('package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = Object.values(lock.packages)
  .flatMap(({ optionalDependencies = {} }) => Object.entries(optionalDependencies))
  .filter(([name, version]) => !lock.packages[`node_modules/${name}`] && /^\d/.test(version));
for (const [name, version] of missing) lock.packages[`node_modules/${name}`] = entryFor(name, version);
const [root, ...rest] = Object.entries(lock.packages);
const sorted = rest.sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...sorted]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
