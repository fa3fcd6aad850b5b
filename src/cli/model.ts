/** Saved models: their topology, the model itself, the size of their files. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { NormalizationError } from '../guide/index.js';
import { readObject } from './file.js';
import { type Host, UsageError } from './host.js';
import type { Opened } from './tfjs.js';

const MODEL_FILE = {
  most: 100_000_000,
  name: 'a model file',
  advice: 'Give the folder of a model.json, or the path of the file.',
};

export type Topology = Readonly<Record<string, unknown>>;

/** A path that ends in `.json` names the model file; any other the folder of a `model.json`. */
export const modelFile = (path: string): string => (path.endsWith('.json') ? path : join(path, 'model.json'));

/** The parsed model file, of tfjs, Keras 2 or Keras 3; no weights are read. */
export const readTopology = (path: string, stdin: Host['stdin']): Promise<Topology> =>
  readObject(path === '-' ? path : modelFile(path), stdin, MODEL_FILE);

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly unknown[];
}

const groupsIn = ({ weightsManifest }: Topology): readonly Group[] => (weightsManifest ?? []) as readonly Group[];

/** Bytes of a model's files. To be asked only of a model that could be loaded: then the manifest is sound. */
export async function sizeOf(path: string, topology: Topology): Promise<number> {
  const file = modelFile(path);
  const weights = groupsIn(topology).flatMap(({ paths }) => paths.map((name) => join(dirname(file), name)));
  const sizes = await Promise.all([file, ...weights].map(async (each) => (await stat(each)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const adviceFor = (message: string): string =>
  /Unknown (layer|initializer|regularizer|constraint)/i.test(message)
    ? 'What is your own has to be registered: use the functions of the package in your program.'
    : 'The file may be damaged, or written by something that TensorFlow.js cannot read.';

/** What the host says of a model it cannot make is the user's to put right. */
async function loaded({ tfl, node }: Opened, path: string): Promise<LayersModel> {
  try {
    return await tfl.loadLayersModel(node.fileSystem(path));
  } catch (error) {
    if (error instanceof NormalizationError) throw error;
    const { message } = error as Error;
    const [first = ''] = message.split(/(?<=[^.])\. |\n/);
    throw new UsageError(`${path} cannot be loaded: ${first.replace(/\.$/, '')}. ${adviceFor(message)}`);
  }
}

/** A model with its weights. */
export async function loadModel(opened: Opened, path: string, stdin: Host['stdin']) {
  const topology = await readTopology(path, stdin);
  opened.pack.describeModel(topology); // Refuses in our words what has no layers: graph models, other JSON.
  const model = await loaded(opened, path);
  if (groupsIn(topology).every(({ weights }) => weights.length === 0) && model.countParams() > 0) {
    throw new UsageError(`${path} holds no weights. Save the model with them: await model.save(fileSystem(…)).`);
  }
  return { model, topology };
}
