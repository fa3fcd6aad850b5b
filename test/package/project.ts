import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The repository. */
export const root = resolve(__dirname, '../..');

/** A bare project outside the repository into which the packed tarball is installed; made once by setup.js. */
export function project(): string {
  const { TFNORM_PACKAGE_ERROR: error, TFNORM_PACKAGE_PROJECT: folder } = process.env;
  if (error !== undefined || folder === undefined) throw new Error(`the package could not be made: ${error}`);
  return folder;
}

/** The installed package. */
export const installed = (): string => join(project(), 'node_modules/tfjs-normalization');

export const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** Runs a program in the project; when it fails, the error says what it printed. */
export function run(program: string, args: readonly string[], cwd = project()): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 26 });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}\n${stdout ?? ''}\n${stderr ?? ''}`);
  }
}

/** Writes a file of the project and returns its path. */
export function write(name: string, text: string): string {
  const path = join(project(), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Runs a program for Node in the project; it prints one line of JSON last. */
export function runNode<T>(name: string, text: string): T {
  const lines = run(process.execPath, [write(name, text)])
    .trim()
    .split('\n');
  return JSON.parse(lines.at(-1) as string) as T;
}

/** A saved model of one layer of ours, as another program wrote it. */
export const SAVED_MODEL = JSON.stringify({
  class_name: 'Sequential',
  config: {
    name: 'saved',
    layers: [{ class_name: 'GroupNormalization', config: { name: 'gn', groups: 2, batch_input_shape: [null, 3, 4] } }],
  },
});

/** Loads `SAVED_MODEL` with core `tf` and layers `tfl` and prints its output shape. */
export const LOAD_AND_PRINT = `
  tfl.loadLayersModel({ load: async () => ({ modelTopology: ${SAVED_MODEL} }) }).then((model) => {
    console.log(JSON.stringify({ shape: model.outputs[0].shape, layer: model.layers[0].getClassName() }));
  });
`;
export const LOADED = { shape: [null, 3, 4], layer: 'GroupNormalization' };
