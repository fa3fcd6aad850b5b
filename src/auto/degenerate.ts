import type { layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { rowOf } from '../guide/config.js';
import { type CostOptions, setSizes } from '../guide/cost.js';
import type { Choice } from '../guide/facts.js';
import { dividesBySpread } from '../guide/programs.js';

type Shape = (number | null)[];
type Axis = number | readonly number[];
type Options = CostOptions & { readonly axis?: Axis };

/** The shape with its normalized axes last, as one: how the table's dimensions are counted. */
function channelsLast(shape: Shape, axis: Axis): Shape {
  const rank = shape.length;
  const axes = [axis].flat().map((a) => (a < 0 ? a + rank : a));
  const others = shape.filter((_, i) => !axes.includes(i));
  const last = axes
    .map((a) => shape[a] ?? null)
    .reduce<number | null>((all, n) => (n === null ? null : (all ?? 1) * n), 1);
  return [...others, last];
}

/** Whether a statistic would be of a single value: then every value is its own mean, and the result is β. */
export function isDegenerate(choice: Choice, shape: Shape, { axis = -1, ...options }: Options): boolean {
  const row = rowOf(choice);
  if (!row || row.of === 'weights') return false;
  if (shape.length < row.minRank) return true;
  const last = channelsLast(shape, axis);
  const channels = last[last.length - 1] ?? 1;
  const { groups } = options;
  // Groups that do not divide the channels are for the layer to refuse.
  if (typeof groups === 'number' && (groups < -1 || groups === 0 || channels % groups !== 0)) return false;
  return setSizes(row, last, options).includes(1);
}

/** Whether another norm would do instead: one of activations that stands by itself, with its own options. */
function isBetter(other: Choice, shape: Shape, axis: Axis | undefined): boolean {
  const row = rowOf(other);
  if (row?.of !== 'activations' || !dividesBySpread(row)) return false;
  const own = shape.length < 3 && row.defaults.statistics ? WITHOUT_SPACE : {};
  return !isDegenerate(other, shape, { ...own, ...(axis === undefined ? {} : { axis }) });
}

const WITHOUT_SPACE = { statistics: ['layer', 'batch'] };

/** Lets a layer refuse, when it is built, a shape that its norm says nothing about, with what does. */
export function refuseDegenerate(layer: layers.Layer, norm: Choice, others: readonly Choice[]): void {
  const build = layer.build.bind(layer);
  layer.build = (inputShape) => {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
    const options = { ...layer.getConfig(), trainable: layer.trainable } as Options;
    if (shape.length > 1 && isDegenerate(norm, shape, options)) {
      const better = [...others, 'layer' as const, 'rms' as const].find((other) =>
        isBetter(other, shape, options.axis),
      );
      const advice = better
        ? `Use autoNormalization(facts, { norm: '${better}' }).`
        : "Use { norm: 'none' }: there is one value only.";
      throw problem(
        `autoNormalization "${layer.name}"`,
        'a statistic must be of more than one value',
        { norm, shape },
        advice,
      );
    }
    build(inputShape);
  };
}
