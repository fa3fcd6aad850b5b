import type { layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { rowOf } from '../guide/config.js';
import { setSizes } from '../guide/cost.js';
import type { Choice } from '../guide/facts.js';

type Shape = (number | null)[];
type Axis = number | readonly number[];

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
function isDegenerate(choice: Choice, shape: Shape, axis: Axis): boolean {
  const row = rowOf(choice);
  if (!row || row.of === 'weights') return false;
  if (shape.length < row.minRank) return true;
  return setSizes(row, channelsLast(shape, axis)).includes(1);
}

/** Lets a layer refuse, when it is built, a shape that its norm says nothing about, with what does. */
export function refuseDegenerate(layer: layers.Layer, norm: Choice, others: readonly Choice[], axis: Axis): void {
  const build = layer.build.bind(layer);
  layer.build = (inputShape) => {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as Shape;
    if (isDegenerate(norm, shape, axis)) {
      const better = [...others, 'layer' as const, 'rms' as const].find(
        (other) => rowOf(other)?.of === 'activations' && !isDegenerate(other, shape, axis),
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
