/** Weights of norms, read without holding up the backend. */
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { normRow } from '../norms.js';
import { startOf } from './initial.js';
import type { GraphNode } from './node.js';

/** The numbers of a norm's weights, by their names in files. */
export type Values = Readonly<Record<string, Float32Array>>;

const nameOf = ({ originalName }: LayerVariable) => originalName.split('/').pop() as string;

const isAlive = (variable: LayerVariable) =>
  !(variable as unknown as { val?: { isDisposed?: boolean } }).val?.isDisposed;

async function read(weights: readonly LayerVariable[]): Promise<Values> {
  const entries = weights.filter(isAlive).map(async (weight) => [nameOf(weight), await weight.read().data()] as const);
  return Object.fromEntries((await Promise.all(entries)).map(([name, data]) => [name, Float32Array.from(data)]));
}

/** Norms that are built have values; what stands in a file has none. */
export async function valuesOf(nodes: readonly GraphNode[]): Promise<ReadonlyMap<GraphNode, Values>> {
  const built = nodes.flatMap((node) => {
    const { norm, layer } = node;
    if (!norm || !layer || layer.weights.length === 0) return [];
    const names = new Set(normRow(norm).weights.map(({ name }) => name));
    return [{ node, weights: (layer.weights as LayerVariable[]).filter((weight) => names.has(nameOf(weight))) }];
  });
  const reading = built.map(async ({ node, weights }) => [node, await read(weights)] as const);
  return new Map(await Promise.all(reading));
}

/** Weights by which learning is seen: what they begin with is usually one number. */
const TELLING: ReadonlySet<string> = new Set(['bias', 'beta', 'gamma', 'scale']);

/** Whether any weight has left the number it begins with. An LSTM's bias begins at two. */
export async function hasLearned(nodes: readonly GraphNode[]): Promise<boolean> {
  for (const { layer, kind, config, norm } of nodes) {
    const weights = layer && kind !== 'recurrent' && kind !== 'wrapper' ? (layer.weights as LayerVariable[]) : [];
    for (const weight of weights.filter((each) => TELLING.has(nameOf(each)) && isAlive(each))) {
      const start = startOf(config, nameOf(weight), norm && normRow(norm));
      const data = start === undefined ? [] : await weight.read().data();
      // All zero is how a residual branch begins.
      if (data.some((value) => value !== start) && data.some((value) => value !== 0)) return true;
    }
  }
  return false;
}
