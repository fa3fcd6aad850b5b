import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';

/** tfjs-node, or tfjs-node-gpu, as it lies in node_modules or in a copy. */
export interface NodePackage {
  readonly folder: string;
  /** Where it looks for its addon, whether there is one or not. */
  readonly addon: string;
}

interface PreGyp {
  find(packageFile: string): string;
}

/** By name, as the project would import it, or by folder; undefined where there is none. */
export function findPackage(nameOrFolder: string, project: string): NodePackage | undefined {
  try {
    const from = createRequire(join(project, 'package.json'));
    const file = isAbsolute(nameOrFolder)
      ? join(nameOrFolder, 'package.json')
      : from.resolve(`${nameOrFolder}/package.json`);
    // The package asks node-pre-gyp: the folder of the addon goes by the version of Node's interface for addons.
    const preGyp = createRequire(file)('@mapbox/node-pre-gyp') as PreGyp;
    return { folder: dirname(file), addon: preGyp.find(file) };
  } catch {
    return undefined;
  }
}

export const hasAddon = (found: NodePackage | undefined): found is NodePackage =>
  found !== undefined && existsSync(found.addon);

/** The version of Node's interface that the addon is built for: a folder of its path, `napi-v8`. */
export function napiVersion({ addon }: NodePackage): number {
  const [, version] = /[\\/]napi-v(\d+)[\\/]/.exec(addon) ?? [];
  if (!version) throw new Error(`no version of Node-API in ${addon}`);
  return Number(version);
}

export async function packageVersion({ folder }: NodePackage): Promise<string> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')).version;
}
