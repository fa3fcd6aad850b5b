import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { layersWithin } from '../layers/within.js';
import { isContainer, type Layer } from './graph.js';

/** What a recurrent layer remembers from call to call, which the host leaves behind. */
interface Stateful {
  readonly states_?: Tensor[] | null;
  readonly keptStates?: Tensor[][];
}

/** Frees the weights and the states of layers, and of all within them: a wrapper that is not built yet does not know them. */
export function free(made: readonly Layer[]): void {
  const within = made.flatMap((layer) => [layer, ...layersWithin(layer).map((placed) => placed.layer)]);
  const all = new Set(within.filter((layer) => !isContainer(layer)));
  for (const weight of new Set([...all].flatMap(({ weights }) => weights))) weight.dispose();
  for (const layer of all) {
    const { states_: states, keptStates } = layer as Stateful;
    dispose([states ?? [], keptStates ?? []]);
  }
}
