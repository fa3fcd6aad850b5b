import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Say } from '../part.js';
import { run, tryThrice } from '../shell.js';
import type { Library } from './library.js';
import { type NodePackage, napiVersion, packageVersion } from './package.js';

/** Node's own, beside its program, else the registry's: the addon uses nothing but Node-API. */
async function headers(scratch: string): Promise<string> {
  const own = join(dirname(dirname(realpathSync(process.execPath))), 'include/node');
  if (existsSync(join(own, 'node_api.h'))) return own;
  const npm = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--no-save'];
  await tryThrice(() => run('npm', [...npm, '--prefix', scratch, 'node-api-headers@1']));
  return join(scratch, 'node_modules/node-api-headers/include');
}

async function compile(tfjs: NodePackage, { folder, link }: Library, output: string, scratch: string): Promise<void> {
  const binding = join(tfjs.folder, 'binding');
  const sources = (await readdir(binding)).filter((name) => name.endsWith('.cc')).map((name) => join(binding, name));
  const language = ['-std=c++17', '-O2', '-fPIC', '-shared', '-fvisibility=hidden'];
  const defines = [`-DNAPI_VERSION=${napiVersion(tfjs)}`, '-DBUILDING_NODE_EXTENSION'];
  const include = [`-I${await headers(scratch)}`, `-I${join(folder, 'include')}`];
  // As the package has it: the library is looked for in its deps/lib.
  const rpath = ['-Wl,--disable-new-dtags', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  await run('g++', [...language, ...defines, ...include, ...sources, '-o', output, ...link, ...rpath]);
}

/** The addon out of the package's own sources: from the cache, or built. */
export async function addonOf(tfjs: NodePackage, library: Library, say: Say): Promise<string> {
  const name = `tfjs-node-${await packageVersion(tfjs)}-napi-v${napiVersion(tfjs)}`;
  const built = join(library.folder, name, 'tfjs_binding.node');
  if (existsSync(built)) return built;
  say('compiling the addon');
  const scratch = await mkdtemp(join(library.folder, 'tmp-'));
  try {
    const output = join(scratch, 'tfjs_binding.node');
    await compile(tfjs, library, output, scratch);
    await mkdir(dirname(built), { recursive: true });
    await rename(output, built);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return built;
}
