/** Shapes of what the host's layers give, from their configurations: a file holds them for its inputs only. */
import { type Config, numberOf, option, type Shape, shapeOf } from './part.js';
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
  sizes.reduce<Size>((all, n) => (all === null || n === null ? null : all * n), 1);

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
  return [shape[0] ?? null, ...dims.map((axis) => shape[axis as number] ?? null)];
};

const last =
  (key: string): ShapeRule =>
  (config, [shape]) =>
    shape && [...shape.slice(0, -1), numberOf(option(config, key)) ?? null];

const embedding: ShapeRule = (config, [shape]) => shape && [...shape, numberOf(option(config, 'outputDim')) ?? null];

const recurrent: ShapeRule = (config, [shape]) => {
  if (shape?.length !== 3) return undefined;
  const units = numberOf(option(config, 'units'));
  if (units === undefined) return undefined;
  const time = option(config, 'returnSequences') === true ? [shape[1] ?? null] : [];
  return [shape[0] ?? null, ...time, units];
};

/** Of shapes that are broadcast, the one with the largest sizes. */
const broadcast: ShapeRule = (_, inputs) => {
  const known = inputs.filter((shape) => shape.length === inputs[0]?.length);
  if (inputs.length === 0 || known.length < inputs.length) return undefined;
  return (inputs[0] as Shape).map((_size, i) => {
    const sizes = inputs.map((shape) => shape[i] as Size);
    return sizes.find((size) => size !== 1) ?? (sizes.includes(null) ? null : 1);
  });
};

const concatenation: ShapeRule = (config, inputs) => {
  const [one] = inputs;
  if (!one || inputs.some((shape) => shape.length !== one.length)) return undefined;
  const axis = numberOf(option(config, 'axis')) ?? -1;
  const at = axis < 0 ? axis + one.length : axis;
  const total = inputs.reduce<Size>((all, shape) => (all === null || shape[at] == null ? null : all + shape[at]), 0);
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
  Add: broadcast,
  Subtract: broadcast,
  Average: broadcast,
  Maximum: broadcast,
  Minimum: broadcast,
  Multiply: broadcast,
  Concatenate: concatenation,
  Dot: dot,
};

/** What a layer that is not listed gives is told only of those that keep the shape. */
export function outputShape(
  className: string,
  config: Config,
  inputs: readonly Shape[],
  keeps: boolean,
): Shape | undefined {
  const name = className.replace(/[123]D/, '');
  if (Object.hasOwn(RULES, name)) return (RULES[name] as ShapeRule)(config, inputs);
  return keeps ? inputs[0] : undefined;
}
