import { auditModel, describeModel, type Facts } from '../../src/index.js';
import type { tf } from '../layers/setup.js';

type Model = InstanceType<typeof tf.LayersModel>;
type Given = Model | Record<string, unknown>;

/** `name`, or `name:2` for the third tensor that it gives, as tfjs and Keras 2 write one. */
export const tensor = (which: string): unknown[] => {
  const [name, at = '0'] = which.split(':');
  return [name, 0, Number(at)];
};

/** A layer of a Keras 2 file; `from` are the tensors it reads. */
export const layer = (className: string, name: string, config: object = {}, from: string[] = []) => ({
  class_name: className,
  name,
  config: { name, ...config },
  inbound_nodes: from.length > 0 ? [from.map((one) => [...tensor(one), {}])] : [],
});

export const input = (name: string, ...shape: (number | null)[]) =>
  layer('InputLayer', name, { batch_input_shape: [null, ...shape] });

/** A functional model of a Keras 2 file, by its layers, inputs, outputs and what it reads where it stands in another. */
export const functional = (
  layers: object[],
  inputs: string[],
  outputs: string[],
  name = 'model',
  from: string[] = [],
) => ({
  ...layer('Functional', name, {}, from),
  config: { name, layers, input_layers: inputs.map(tensor), output_layers: outputs.map(tensor) },
});

export const sequential = (...layers: object[]) => ({ class_name: 'Sequential', config: { name: 'chain', layers } });

export const js = (model: Model): Record<string, unknown> => JSON.parse(model.toJSON() as unknown as string);

/** What is found, as `rule@path`. */
export const faults = async (model: Given, facts: Partial<Facts> = {}): Promise<string[]> =>
  (await auditModel(model as never, facts)).findings.map(({ rule, path }) => `${rule}@${path}`);

/** A model as it is in memory and as its file, both described. */
export const described = (model: Model, hints: Partial<Facts> = {}) =>
  [model, js(model)].map((one) => ({ ...describeModel(one as never, hints) }));
