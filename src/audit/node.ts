import type { layers } from '@tensorflow/tfjs-layers';
import { normalizationNamed } from '../layers/known.js';
import { isFrozen } from '../layers/memory.js';
import type { NormId } from '../norms.js';
import { type Kind, kindNamed } from './kinds.js';
import { type Config, option, type Part, type Shape } from './part.js';

/** One of the results of a layer. */
export interface Result {
  readonly node: GraphNode;
  readonly at: number;
}

/** What one use of a layer reads, in order; undefined where nothing in the model gives it. */
export type Reading = readonly (Result | undefined)[];

/** A model that a wrapper holds. */
export interface Inside {
  /** Its layers in the order they compute. */
  readonly nodes: readonly GraphNode[];
  /** The layer that reads what the wrapper reads. */
  readonly start: GraphNode | undefined;
  /** The layer that gives what the wrapper is given. */
  readonly end: GraphNode | undefined;
}

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
  /** Its model, where it holds one. */
  inside: Inside | undefined;
  /** What its first use reads: shapes come from there. */
  sources: Reading;
  /** What any of its uses reads. */
  readonly from: GraphNode[];
  readonly to: GraphNode[];
  input: Shape | undefined;
  output: Shape | undefined;
  /** Whether the model gives its result. */
  isOutput: boolean;
}

/** Keras has had these norms under more names. */
const plain = (className: string) => className.replace(/^Sync(?=Batch)/, '').replace(/(?<=Normalization)V[12]$/, '');

/** The layer whose kernel counts: what a wrapper holds. The two of a Bidirectional are alike. */
export const inner = (node: GraphNode): GraphNode => (node.kind === 'wrapper' ? (node.held[0] ?? node) : node);

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
    norm: normalizationNamed(className) ?? normalizationNamed(plain(className)),
    held: [],
    inside: undefined,
    sources: [],
    from: [],
    to: [],
    input: part.calls[0]?.input,
    output: part.calls[0]?.output,
    isOutput: false,
  };
}
