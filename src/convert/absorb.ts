import * as tf from '@tensorflow/tfjs-core';
import { layersWithin } from '../layers/within.js';
import { type WeightNormalization, weightNormalization } from '../wrappers/weight.js';
import { lengthOf } from '../wrappers/weights.js';
import { channelsOf, folded, linearWeights, plainWeights } from './affine.js';
import { assignWeights, cloneLayer, configOf, copyWeights, type Options } from './clone.js';
import { Graph, unitOf } from './foldable.js';
import type { Layer } from './graph.js';
import { type Linear, unwrapped } from './linear.js';
import type { Change } from './rebuild.js';
import type { Site } from './sites.js';
import { weightsByName } from './weights.js';

/** Norms that go into a linear layer. */
interface Absorbed {
  readonly linear: Linear;
  readonly norms: Layer[];
  /** Options of the weight normalization around the layer afterwards; undefined where there is none. */
  readonly wrapper: Options | undefined;
}

const GONE: Change = { make: () => [] };

/** The name and the first shape of a place, for a layer of another configuration. */
function inPlaceOf(place: Layer): Options {
  const { name, trainable, batchInputShape, dtype } = place;
  return { name, trainable, ...(batchInputShape ? { batchInputShape, dtype } : {}) };
}

/** Constraints are those of the old kernel: on the new one the host's loader would undo the fold. */
function unconstrained(layer: Layer): Options {
  const keys = Object.keys(configOf(layer)).filter((key) => key.endsWith('Constraint'));
  return Object.fromEntries(keys.map((key) => [key, null]));
}

function valuesOf({ linear, norms }: Absorbed): tf.Tensor[] {
  const [first] = norms;
  if (!first) return linearWeights(linear, 0);
  return norms.reduce((weights, norm) => folded(linear, norm, weights), linearWeights(linear, channelsOf(first)));
}

/** The plain layer in the place of a weight normalized one: the kernel is g·v/‖v‖. */
export function unwrappedChange(subject: string, place: Layer): Change {
  const layer = unwrapped(place);
  return {
    make: () => {
      const made = cloneLayer(subject, layer, { ...unconstrained(layer), ...inPlaceOf(place) });
      made.setFastWeightInitDuringBuild(true);
      return [made];
    },
    finish: ([made]) => tf.tidy(() => assignWeights(subject, made as Layer, plainWeights(place))),
  };
}

/** The same weight normalized layer with other options of the wrapper. */
export function rewrappedChange(subject: string, place: Layer, options: Options): Change {
  return {
    make: () => [cloneLayer(subject, place, options)],
    finish: ([made]) => copyWeights(subject, place, made as Layer),
  };
}

/** Weights of a new weight normalized layer: v is the kernel, g its length. */
function assignWrapped(subject: string, wrapper: WeightNormalization, values: readonly tf.Tensor[]): void {
  const { layer, spots } = wrapper;
  assignWeights(subject, layer, values);
  const lengths = weightsByName(wrapper);
  for (const spot of spots) {
    const [name, shape, dtype, length] = lengthOf(spot);
    lengths.get(name)?.assign(length.apply(shape, dtype)); // [outputs]
  }
}

/** The linear layer with the norms in its kernel and bias. Whatever holds it in the new model builds it, and names its weights. */
function absorbedChange(subject: string, absorbed: Absorbed): Change {
  const { wrapper, linear } = absorbed;
  const { place, layer } = linear;
  const own = { ...unconstrained(layer), useBias: true };
  const clone = (more: Options) => {
    const made = cloneLayer(subject, layer, { ...own, ...more });
    made.setFastWeightInitDuringBuild(true);
    return made;
  };
  if (!wrapper) {
    return {
      make: () => [clone(inPlaceOf(place))],
      finish: ([made]) => tf.tidy(() => assignWeights(subject, made as Layer, valuesOf(absorbed))),
    };
  }
  return {
    make: () => [weightNormalization({ ...wrapper, layer: clone({ name: place.name }), ...inPlaceOf(place) })],
    finish: ([made]) => tf.tidy(() => assignWrapped(subject, made as WeightNormalization, valuesOf(absorbed))),
  };
}

/** Which norms go into which linear layers, and what that changes. */
export class Folds {
  private readonly graph: Graph;
  private readonly absorbed = new Map<Layer, Absorbed>();
  private readonly units: Layer[] = [];
  private readonly paths: ReadonlyMap<Layer, string>;

  constructor(
    private readonly subject: string,
    model: Layer,
  ) {
    this.graph = new Graph(model);
    this.paths = new Map(layersWithin(model).map(({ layer, path }) => [layer, path]));
  }

  /** Takes a norm in, norms front to back; gives the path of the layer it goes into, or why it cannot. */
  add(site: Site, wrapper?: Options): { readonly into: string } | string {
    const linear = this.graph.into(site);
    if (typeof linear === 'string') return linear;
    if (wrapper && linear.place !== linear.layer) return 'the layer before it is weight normalized already';
    const known = this.absorbed.get(linear.place);
    if (known && !known.wrapper !== !wrapper) return 'another norm goes into the layer before it, plainly';
    if (known) known.norms.push(site.layer);
    else this.absorbed.set(linear.place, { linear, norms: [site.layer], wrapper });
    this.units.push(unitOf(site));
    this.graph.remove(site);
    return { into: this.paths.get(linear.place) ?? linear.place.name };
  }

  changes(): Map<Layer, Change> {
    const changes = new Map<Layer, Change>(this.units.map((unit) => [unit, GONE]));
    for (const [place, absorbed] of this.absorbed) changes.set(place, absorbedChange(this.subject, absorbed));
    return changes;
  }
}
