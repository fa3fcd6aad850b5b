/** Shapes of what the host's layers give, from their configurations: a file holds them for its inputs only. */
import { type Config, numberOf, option, type Shape, shapeOf, sizeOf } from './part.js';
import {
  depthwise,
  filters,
  globalPooling,
  pooling,
  type ShapeRule,
  type Size,
  sides,
  transposed,
  upsampling,
} from './windows.js';

const product = (sizes: Shape): Size =>
  sizes.reduce<Size>((all, n) => (all === null || n === null ? null : sizeOf(all * n)), 1);

const reshape: ShapeRule = (config, [shape]) => {
  const target = option(config, 'targetShape');
  if (!shape || !Array.isArray(target)) return undefined;
  const total = product(shape.slice(1));
  const known = product(target.filter((n) => n !== -1 && n !== null));
  const open = total === null || !known ? null : total / known;
  return shapeOf([shape[0], ...target.map((n) => (n === -1 || n === null ? open : n))]);
};

const permute: ShapeRule = (config, [shape]) => {
  const dims = option(config, 'dims');
  if (!shape || !Array.isArray(dims)) return undefined;
  return [shape[0] ?? null, ...dims.map((axis) => shape[numberOf(axis) ?? -1] ?? null)];
};

const last =
  (key: string): ShapeRule =>
  (config, [shape]) =>
    shape && [...shape.slice(0, -1), sizeOf(option(config, key) ?? null)];

const embedding: ShapeRule = (config, [shape]) => shape && [...shape, sizeOf(option(config, 'outputDim') ?? null)];

const recurrent: ShapeRule = (config, [shape]) => {
  if (shape?.length !== 3) return undefined;
  const units = sizeOf(option(config, 'units') ?? null);
  if (units === null) return undefined;
  const time = option(config, 'returnSequences') === true ? [shape[1] ?? null] : [];
  return [shape[0] ?? null, ...time, units];
};

/** Shapes of which each is known and of one rank. */
function alike(inputs: readonly (Shape | undefined)[]): readonly Shape[] | undefined {
  const rank = inputs[0]?.length;
  return rank !== undefined && inputs.every((shape) => shape?.length === rank) ? (inputs as Shape[]) : undefined;
}

/** Of shapes that are broadcast, the one with the largest sizes. */
const broadcast: ShapeRule = (_, inputs) => {
  const shapes = alike(inputs);
  return shapes?.[0]?.map((_size, i) => {
    const sizes = shapes.map((shape) => shape[i] as Size);
    return sizes.find((size) => size !== 1) ?? (sizes.includes(null) ? null : 1);
  });
};

const concatenation: ShapeRule = (config, inputs) => {
  const shapes = alike(inputs);
  const one = shapes?.[0];
  if (!one) return undefined;
  const axis = numberOf(option(config, 'axis')) ?? -1;
  const at = axis < 0 ? axis + one.length : axis;
  const total = shapes.reduce<Size>((all, shape) => (all === null || shape[at] == null ? null : all + shape[at]), 0);
  return one.map((size, i) => (i === at ? total : size));
};

const dot: ShapeRule = (config, [a, b]) => {
  if (!a || !b) return undefined;
  const axes = option(config, 'axes');
  const [left, right] = (Array.isArray(axes) ? axes : [axes, axes]).map((n) => numberOf(n) ?? -1) as [number, number];
  const without = (shape: Shape, axis: number) => shape.filter((_, i) => i !== (axis < 0 ? axis + shape.length : axis));
  const joined = [...without(a, left), ...without(b, right).slice(1)];
  return joined.length === 1 ? [...joined, 1] : joined;
};

const repeat: ShapeRule = (config, [shape]) =>
  shape && [shape[0] ?? null, numberOf(option(config, 'n')) ?? null, ...shape.slice(1)];

/** By class; a name ends in its number of dimensions, which the shape tells anyway. */
const RULES: Readonly<Record<string, ShapeRule>> = {
  Conv: filters,
  SeparableConv: filters,
  DepthwiseConv: depthwise,
  ConvTranspose: transposed,
  MaxPooling: pooling,
  AveragePooling: pooling,
  GlobalMaxPooling: globalPooling,
  GlobalAveragePooling: globalPooling,
  ZeroPadding: sides('padding', 1),
  Cropping: sides('cropping', -1),
  UpSampling: upsampling,
  Flatten: (_, [shape]) => shape && [shape[0] ?? null, product(shape.slice(1))],
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeat,
  Dense: last('units'),
  Embedding: embedding,
  SimpleRNN: recurrent,
  LSTM: recurrent,
  GRU: recurrent,
  CuDNNLSTM: recurrent,
  CuDNNGRU: recurrent,
  Add: broadcast,
  Subtract: broadcast,
  Average: broadcast,
  Maximum: broadcast,
  Minimum: broadcast,
  Multiply: broadcast,
  Concatenate: concatenation,
  Dot: dot,
};

/**
 * What a layer that is not listed gives is told only of those that keep the shape. An input that is not known is undefined;
 * sizes that no tensor has make no shape.
 */
export function outputShape(
  className: string,
  config: Config,
  inputs: readonly (Shape | undefined)[],
  keeps: boolean,
): Shape | undefined {
  const name = className.replace(/[123]D/, '');
  if (Object.hasOwn(RULES, name)) return shapeOf((RULES[name] as ShapeRule)(config, inputs));
  return keeps ? inputs[0] : undefined;
}
