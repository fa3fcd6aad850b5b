import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../root.js';
import type { Library } from './library.js';
import type { NodePackage } from './package.js';

/** Where the package looks: the library in deps, the addon in lib. */
export async function place(tfjs: NodePackage, library: Library, addon: string): Promise<void> {
  const deps = join(tfjs.folder, 'deps');
  await rm(deps, { recursive: true, force: true });
  await mkdir(deps);
  for (const name of ['lib', 'include']) await symlink(join(library.folder, name), join(deps, name));
  await mkdir(dirname(tfjs.addon), { recursive: true });
  // A process may have the former one loaded: it keeps its file, and the new one is another.
  await rm(tfjs.addon, { force: true });
  await copyFile(addon, tfjs.addon);
}

/**
 * A copy of the package for another version of TensorFlow: node_modules stays as it is. It lies in the checkout, so that
 * what it imports is the checkout's: one tfjs-core.
 */
export async function copyPackage({ folder }: NodePackage, version: string): Promise<string> {
  const copy = join(root, '.cache/tensorflow', version, 'node_modules/@tensorflow/tfjs-node');
  for (const name of ['dist', 'binding', 'package.json', 'node_modules'])
    if (existsSync(join(folder, name))) await cp(join(folder, name), join(copy, name), { recursive: true });
  return copy;
}
