import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { weightName } from '../layers/intercept.js';
import type { Placed } from '../layers/within.js';
import { type GateShares, gateShares, type Mixture, mixtureOf, type Shown, shownWeights } from './gates.js';
import { type Sight, spoilt } from './look.js';
import { type ChannelMoments, type Moments, pooled, readAll } from './moments.js';

type Layer = layers.Layer;

/** A layer at one time. What a layer has not is null. */
export interface LayerPoint {
  /** Of what the layer gives, over all values. */
  readonly mean: number | null;
  readonly deviation: number | null;
  /** Share of the channels that hardly vary. */
  readonly deadShare: number | null;
  /** ‖gradient‖ of the layer's trainable weights together; null without `ys`, and where nothing trains. */
  readonly gradientNorm: number | null;
  /** The batch's mean from the moving one, in moving deviations: root mean square over the channels. */
  readonly meanGap: number | null;
  /** ln(batch variance / moving variance), root mean square over the channels: 0.69 is a factor of two. */
  readonly varianceGap: number | null;
  readonly rho: GateShares | null;
  readonly mixture: Mixture | null;
}

/** A look at the model, as numbers. */
export interface Reading {
  readonly loss: number | null;
  readonly layers: ReadonlyMap<Layer, LayerPoint>;
  /** Values of a weight that are not finite, where there are any. */
  readonly spoilt: ReadonlyMap<LayerVariable, number>;
}

/** A channel is dead that varies a thousandth of what the layer does, or not beyond the last bits of its values. */
const DEAD = 1e-3;
const LAST_BITS = 1e-6;

const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const rootMeanSquare = (values: readonly number[]) => Math.sqrt(average(values.map((value) => value * value)));

function activations({ mean, variance }: Moments) {
  const middle = average(mean);
  const deviation = Math.sqrt(average(variance) + average(mean.map((value) => (value - middle) ** 2)));
  const size = Math.sqrt(deviation * deviation + middle * middle);
  const least = Math.max(DEAD * deviation, LAST_BITS * size);
  const dead = variance.filter((value) => Math.sqrt(value) <= least).length;
  return { mean: middle, deviation, deadShare: Number.isFinite(deviation) ? dead / variance.length : null };
}

function gaps(layer: Layer, batch: Moments | undefined, { moving_mean: mean, moving_variance: variance }: Shown) {
  if (!batch || !mean || mean.length !== batch.mean.length) return { meanGap: null, varianceGap: null };
  const { epsilon = 1e-3 } = layer.getConfig() as { epsilon?: number };
  // Mean-only batch norm remembers no variance: the batch's own is the measure.
  const scale = (variance ?? batch.variance).map((value) => Math.sqrt(value + epsilon));
  const meanGap = rootMeanSquare(mean.map((value, c) => ((batch.mean[c] as number) - value) / (scale[c] as number)));
  if (!variance) return { meanGap, varianceGap: null };
  const ratio = variance.map((value, c) => Math.log(((batch.variance[c] as number) + epsilon) / (value + epsilon)));
  return { meanGap, varianceGap: rootMeanSquare(ratio) };
}

/** Reads tensors later, all at once: `add` says where a value will be. */
function reader() {
  const tensors: tf.Tensor[] = [];
  let values: number[][] = [];
  return {
    add(tensor: tf.Tensor): () => number[] {
      const at = tensors.push(tensor) - 1;
      return () => values[at] as number[];
    },
    async read(): Promise<void> {
      values = await readAll(tensors);
    },
  };
}

type Reader = ReturnType<typeof reader>;

function laterMoments(queue: Reader, calls: readonly ChannelMoments[] | undefined): () => Moments | undefined {
  const later = calls?.map(({ mean, variance, values }) => [queue.add(mean), queue.add(variance), values] as const);
  return () =>
    later && pooled(later.map(([mean, variance, values]) => ({ mean: mean(), variance: variance(), values })));
}

function laterPoint(queue: Reader, sight: Sight, layer: Layer): () => LayerPoint {
  const output = laterMoments(queue, sight.outputs.get(layer));
  const input = laterMoments(queue, sight.inputs.get(layer));
  const gradient = sight.gradients.get(layer);
  const squares = gradient && queue.add(gradient);
  const weights = shownWeights(layer).map(
    (weight) => [weightName(weight), queue.add(tf.clone(weight.read()))] as const,
  );
  return () => {
    const shown: Shown = Object.fromEntries(weights.map(([name, values]) => [name, values()]));
    const seen = output();
    return {
      ...(seen ? activations(seen) : { mean: null, deviation: null, deadShare: null }),
      gradientNorm: squares ? Math.sqrt(squares()[0] as number) : null,
      ...gaps(layer, input(), shown),
      rho: shown.rho ? gateShares(shown.rho) : null,
      mixture: mixtureOf(layer, shown),
    };
  };
}

/** Reads everything seen, in one transfer. */
export async function readingOf(model: LayersModel, watched: readonly Placed[], sight: Sight): Promise<Reading> {
  const queue = reader();
  const points = watched.map(({ layer }) => [layer, laterPoint(queue, sight, layer)] as const);
  const counts = [...spoilt(model)].map(([weight, count]) => [weight, queue.add(count)] as const);
  const loss = sight.loss && queue.add(sight.loss);
  await queue.read();
  const found = counts.map(([weight, count]) => [weight, count()[0] as number] as const);
  return {
    loss: loss ? (loss()[0] as number) : null,
    layers: new Map(points.map(([layer, point]) => [layer, point()])),
    spoilt: new Map(found.filter(([, count]) => count > 0)),
  };
}
