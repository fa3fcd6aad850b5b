import { readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { aptInstall } from '../apt.js';
import { locked } from '../lock.js';
import { type Part, type Say, SetupProblem } from '../part.js';
import { python } from '../python.js';
import { root } from '../root.js';
import { available, run } from '../shell.js';
import { addonOf } from './addon.js';
import { libraryOf } from './library.js';
import { findPackage, hasAddon, type NodePackage } from './package.js';
import { place } from './place.js';
import { smoke } from './smoke.js';

/** The version tfjs-node 4.22 is made for. */
export const TENSORFLOW = '2.9.1';

const NAME = '@tensorflow/tfjs-node';

/** Shared between checkouts: the libraries are 370 MB. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const caches = env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return resolve(env.TFJS_NODE_CACHE || join(caches, 'tfjs-node-native'));
}

export interface TensorFlowOptions {
  /** Any that works will do where none is named. */
  readonly version?: string | undefined;
  /** A folder of the package; the project's own where none is named. */
  readonly folder?: string | undefined;
}

function thePackage(folder = NAME): NodePackage {
  const found = findPackage(folder, root);
  if (!found) throw new SetupProblem(`${NAME} is not installed. Install it: npm ci`);
  return found;
}

async function tools(say: Say): Promise<void> {
  const missing = ['g++', 'nm', 'strip'].filter((name) => !available(name));
  if (missing.length > 0) {
    const remedy = `${missing.join(', ')} not found: the addon is compiled. Install it: \`apt-get install g++ binutils\` (Debian, as root).`;
    await aptInstall(['g++', 'binutils'], remedy, say);
  }
  await run(python, ['-m', 'pip', '--version']).catch(() => {
    throw new SetupProblem(`${python} has no pip, which fetches TensorFlow. Run first: npm run setup -- python`);
  });
}

/** What a set-up that was killed left half done: while the folder is locked nobody else works in it. */
async function sweep(cache: string): Promise<void> {
  const halves = (await readdir(cache)).filter((name) => name.startsWith('tmp-'));
  for (const name of halves) await rm(join(cache, name), { recursive: true, force: true });
}

/** The library from a registry, the addon compiled. */
async function build(tfjs: NodePackage, version: string, say: Say): Promise<void> {
  await tools(say);
  const cache = cacheFolder();
  await locked(cache, async () => {
    await sweep(cache);
    const library = await libraryOf(version, cache, say);
    await place(tfjs, library, await addonOf(tfjs, library, say));
  });
}

/** The package's own script, which downloads both from Google's storage. */
async function downloadOfficial(say: Say): Promise<void> {
  say(`npm rebuild ${NAME}, which downloads the official binary: only Linux on x64 has another way`);
  const rebuild = ['rebuild', NAME, '--ignore-scripts=false'];
  await run('npm', rebuild, { cwd: root }).catch(({ message }: Error) => {
    throw new SetupProblem(
      `The official binary of ${NAME} did not come. Is storage.googleapis.com in reach?\n${message}`,
    );
  });
}

export const tensorflow = ({ version, folder }: TensorFlowOptions = {}): Part => ({
  name: 'tensorflow',
  purpose: 'tests on the tensorflow backend: libtensorflow and the addon of tfjs-node',
  async present() {
    const tfjs = thePackage(folder);
    if (!hasAddon(tfjs)) return undefined;
    const found = await smoke(tfjs).catch(() => undefined); // what does not load is made again
    return found && (version === undefined || found === version) ? `TensorFlow ${found}` : undefined;
  },
  async install(say) {
    if (version !== undefined && !/^\d+[.]\d+[.]\d+$/.test(version))
      throw new SetupProblem(`TensorFlow ${version} is no whole version. Name one as ${TENSORFLOW}.`);
    const tfjs = thePackage(folder);
    const hasRecipe = process.platform === 'linux' && process.arch === 'x64';
    if (hasRecipe) await build(tfjs, version ?? TENSORFLOW, say);
    else if (folder || (version ?? TENSORFLOW) !== TENSORFLOW)
      throw new SetupProblem('Other versions of TensorFlow are set up on Linux on x64 only.');
    else await downloadOfficial(say);
    try {
      return `TensorFlow ${await smoke(tfjs)}`;
    } catch (error) {
      throw new SetupProblem(
        `The addon of tfjs-node does not load. Remove ${cacheFolder()} and run npm run setup again.\n${(error as Error).message}`,
      );
    }
  },
});
