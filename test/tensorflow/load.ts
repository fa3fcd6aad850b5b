import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findPackage, hasAddon } from '../../scripts/setup/tensorflow/package.js';

/** Which package brings the backend: another name, tfjs-node-gpu for one, or a folder with another version of TensorFlow. */
const NAME = process.env.TFJS_NODE_PACKAGE || '@tensorflow/tfjs-node';

export const isSetUp = (): boolean => hasAddon(findPackage(NAME, process.cwd()));

/** Registers the backend with the tfjs of the tests, as the program's own import would. */
export async function loadTensorFlow(): Promise<void> {
  const { resolve } = createRequire(join(process.cwd(), 'package.json'));
  try {
    await import(resolve(NAME));
  } catch (error) {
    // The libraries lie in a cache that may have been emptied since.
    throw new Error(`${NAME} does not load: run npm run setup.`, { cause: error });
  }
}
