/** The package and tfjs, imported only by the commands that need them: the others run without. */
import { UsageError } from './host.js';

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';
const isMissing = (error: unknown): boolean => /^(ERR_)?MODULE_NOT_FOUND$/.test(codeOf(error));

function missing(error: unknown): unknown {
  const name = /@tensorflow\/[\w-]+/.exec((error as Error).message)?.[0];
  if (!isMissing(error) || !name) return error;
  const line = 'npm install @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm';
  return new UsageError(`reading models needs ${name}, which is not installed. Run \`${line}\` beside the package.`);
}

/** Everything that reads and writes models. tfjs comes from where the package gets it: one copy serves both. */
export async function openPackage() {
  try {
    const [pack, node, inputs] = await Promise.all([
      import('../index.js'),
      import('../node/index.js'),
      import('../convert/inputs.js'),
    ]);
    const [tf, tfl] = await Promise.all([import('@tensorflow/tfjs-core'), import('@tensorflow/tfjs-layers')]);
    return { ...inputs, pack, node, tf, tfl };
  } catch (error) {
    throw missing(error);
  }
}

export type Opened = Awaited<ReturnType<typeof openPackage>>;

/** The backends that run in Node, the first that is installed is taken: native code only where it is asked for. */
const BACKENDS: Readonly<Record<string, () => Promise<unknown>>> = {
  wasm: () => import('@tensorflow/tfjs-backend-wasm'),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  tensorflow: () => import('@tensorflow/tfjs-node'),
};

export const BACKEND_NAMES = Object.keys(BACKENDS);

const packageOf = (name: string) => (name === 'tensorflow' ? 'tfjs-node' : `tfjs-backend-${name}`);

async function start({ tf }: Opened, name: string): Promise<boolean> {
  try {
    await BACKENDS[name]?.();
  } catch (error) {
    if (isMissing(error)) return false;
    throw new UsageError(`@tensorflow/${packageOf(name)} did not load: ${(error as Error).message}`);
  }
  return tf.setBackend(name);
}

/** Starts the backend that is asked for, or the first of a list that is installed. */
export async function openBackend(opened: Opened, asked?: string, list = BACKEND_NAMES): Promise<string> {
  opened.tf.enableProdMode(); // Without it the cpu backend advertises tfjs-node.
  if (asked !== undefined && !BACKENDS[asked]) {
    throw new UsageError(`unknown backend ${asked}. Use one of ${BACKEND_NAMES.join(', ')}.`);
  }
  for (const name of asked === undefined ? list : [asked]) if (await start(opened, name)) return name;
  const name = packageOf(asked ?? 'wasm');
  throw new UsageError(`no backend that could run the model is installed. Run \`npm install @tensorflow/${name}\`.`);
}
