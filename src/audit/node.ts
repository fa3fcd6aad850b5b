import type { layers } from '@tensorflow/tfjs-layers';
import { normalizationNamed } from '../layers/known.js';
import { isFrozen } from '../layers/memory.js';
import type { NormId } from '../norms.js';
import { type Kind, kindNamed } from './kinds.js';
import { type Config, option, type Part, type Shape } from './part.js';

/** A layer in a model, with what stands before and after it. */
export interface GraphNode {
  readonly path: string;
  readonly name: string;
  readonly className: string;
  readonly kind: Kind;
  readonly config: Config;
  readonly layer: layers.Layer | undefined;
  /** The wrapper or recurrent layer that holds it, or the model. */
  readonly holder: GraphNode | undefined;
  readonly frozen: boolean;
  /** The norm it is. */
  readonly norm: NormId | undefined;
  /** What a wrapper holds. */
  readonly held: GraphNode[];
  readonly from: GraphNode[];
  readonly to: GraphNode[];
  input: Shape | undefined;
  output: Shape | undefined;
  /** Whether the model gives its result. */
  isOutput: boolean;
}

/** A layer as yet without neighbours. */
export function nodeOf(part: Part, path: string, holder: GraphNode | undefined, frozen: boolean): GraphNode {
  const { name, className, config, layer } = part;
  return {
    path,
    name,
    className,
    kind: kindNamed(className),
    config,
    layer,
    holder,
    frozen: frozen || option(config, 'trainable') === false || (layer !== undefined && isFrozen(layer)),
    norm: normalizationNamed(className),
    held: [],
    from: [],
    to: [],
    input: part.calls[0]?.input,
    output: part.calls[0]?.output,
    isOutput: false,
  };
}
