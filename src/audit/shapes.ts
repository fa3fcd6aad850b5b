/** Shapes of what the host's layers give, from their configurations: a file holds them for its inputs only. */
import { type Config, numberOf, option, type Shape, shapeOf, word } from './part.js';

type Size = number | null;
type Sizes = Size[];
/** The shape a layer gives, or undefined where it cannot be told. */
type Rule = (config: Config, inputs: readonly Shape[]) => Shape | undefined;

/** A size for each dimension of space: one number stands for all. */
function perDimension(value: unknown, count: number, byDefault = 1): number[] {
  const list = Array.isArray(value) ? value : Array(count).fill(value);
  return Array.from({ length: count }, (_, i) => numberOf(list[i]) ?? byDefault);
}

const isFirst = (config: Config) => word(option(config, 'dataFormat')) === 'channelsfirst';

/** Takes space and channels apart, and puts them together in the same order. */
function spatial(config: Config, shape: Shape, change: (space: Sizes, channels: Size) => [Sizes, Size]): Shape {
  const [batch = null, ...rest] = shape;
  const channels = (isFirst(config) ? rest[0] : rest[rest.length - 1]) ?? null;
  const [space, after] = change(isFirst(config) ? rest.slice(1) : rest.slice(0, -1), channels);
  return isFirst(config) ? [batch, after, ...space] : [batch, ...space, after];
}

const each = (space: Sizes, f: (size: number, i: number) => number): Sizes =>
  space.map((size, i) => (size === null ? null : Math.max(0, f(size, i))));

/** Sizes after a window has gone over them. */
function windowed(config: Config, space: Sizes, window: unknown, strides: unknown): Sizes {
  const same = word(option(config, 'padding')) === 'same' || word(option(config, 'padding')) === 'causal';
  const size = perDimension(window, space.length);
  const step = perDimension(strides, space.length).map((n) => Math.max(1, n));
  const gap = perDimension(option(config, 'dilationRate'), space.length);
  const reach = size.map((n, i) => (n - 1) * (gap[i] as number) + 1);
  return each(space, (n, i) => Math.ceil((same ? n : n - (reach[i] as number) + 1) / (step[i] as number)));
}

/** A convolution to a number of channels that the old one tells. */
const convolution =
  (channels: (config: Config, before: Size) => Size): Rule =>
  (config, [shape]) =>
    shape &&
    spatial(config, shape, (space, before) => [
      windowed(config, space, option(config, 'kernelSize'), option(config, 'strides')),
      channels(config, before),
    ]);

const filters = convolution((config) => numberOf(option(config, 'filters')) ?? null);
const depthwise = convolution((config, before) =>
  before === null ? null : before * (numberOf(option(config, 'depthMultiplier')) ?? 1),
);

const transposed: Rule = (config, [shape]) =>
  shape &&
  spatial(config, shape, (space) => {
    const kernel = perDimension(option(config, 'kernelSize'), space.length);
    const step = perDimension(option(config, 'strides'), space.length);
    const same = word(option(config, 'padding')) === 'same';
    const more = (i: number) => (same ? 0 : Math.max((kernel[i] as number) - (step[i] as number), 0));
    return [each(space, (n, i) => n * (step[i] as number) + more(i)), numberOf(option(config, 'filters')) ?? null];
  });

const pooling: Rule = (config, [shape]) =>
  shape &&
  spatial(config, shape, (space, channels) => {
    const window = option(config, 'poolSize') ?? 2;
    return [windowed({ ...config, dilationRate: 1 }, space, window, option(config, 'strides') ?? window), channels];
  });

const globalPooling: Rule = (config, [shape]) => {
  if (!shape) return undefined;
  const kept = option(config, 'keepdims') === true;
  return spatial(config, shape, (space, channels) => [kept ? space.map(() => 1) : [], channels]);
};

/** Sides that zeros are added to, or cut from. */
const sides =
  (key: string, sign: 1 | -1): Rule =>
  (config, [shape]) =>
    shape &&
    spatial(config, shape, (space, channels) => {
      const given = option(config, key);
      const amount = (i: number) => {
        // Of one dimension the list is its two sides.
        const own = Array.isArray(given) && space.length > 1 ? given[i] : given;
        const [a, b] = perDimension(own, 2);
        return sign * ((a as number) + (b as number));
      };
      return [each(space, (n, i) => n + amount(i)), channels];
    });

const upsampling: Rule = (config, [shape]) =>
  shape &&
  spatial(config, shape, (space, channels) => {
    const size = perDimension(option(config, 'size') ?? 2, space.length);
    return [each(space, (n, i) => n * (size[i] as number)), channels];
  });

const product = (sizes: Shape): Size =>
  sizes.reduce<Size>((all, n) => (all === null || n === null ? null : all * n), 1);

const reshape: Rule = (config, [shape]) => {
  const target = option(config, 'targetShape');
  if (!shape || !Array.isArray(target)) return undefined;
  const total = product(shape.slice(1));
  const known = product(target.filter((n) => n !== -1 && n !== null));
  const open = total === null || !known ? null : total / known;
  return shapeOf([shape[0], ...target.map((n) => (n === -1 || n === null ? open : n))]);
};

const permute: Rule = (config, [shape]) => {
  const dims = option(config, 'dims');
  if (!shape || !Array.isArray(dims)) return undefined;
  return [shape[0] ?? null, ...dims.map((axis) => shape[axis as number] ?? null)];
};

const last =
  (key: string): Rule =>
  (config, [shape]) =>
    shape && [...shape.slice(0, -1), numberOf(option(config, key)) ?? null];

const embedding: Rule = (config, [shape]) => shape && [...shape, numberOf(option(config, 'outputDim')) ?? null];

const recurrent: Rule = (config, [shape]) => {
  if (shape?.length !== 3) return undefined;
  const units = numberOf(option(config, 'units'));
  if (units === undefined) return undefined;
  const time = option(config, 'returnSequences') === true ? [shape[1] ?? null] : [];
  return [shape[0] ?? null, ...time, units];
};

/** Of shapes that are broadcast, the one with the largest sizes. */
const broadcast: Rule = (_, inputs) => {
  const known = inputs.filter((shape) => shape.length === inputs[0]?.length);
  if (inputs.length === 0 || known.length < inputs.length) return undefined;
  return (inputs[0] as Shape).map((_size, i) => {
    const sizes = inputs.map((shape) => shape[i] as Size);
    return sizes.find((size) => size !== 1) ?? (sizes.includes(null) ? null : 1);
  });
};

const concatenation: Rule = (config, inputs) => {
  const [one] = inputs;
  if (!one || inputs.some((shape) => shape.length !== one.length)) return undefined;
  const axis = numberOf(option(config, 'axis')) ?? -1;
  const at = axis < 0 ? axis + one.length : axis;
  const total = inputs.reduce<Size>((all, shape) => (all === null || shape[at] == null ? null : all + shape[at]), 0);
  return one.map((size, i) => (i === at ? total : size));
};

const dot: Rule = (config, [a, b]) => {
  if (!a || !b) return undefined;
  const axes = option(config, 'axes');
  const [left, right] = (Array.isArray(axes) ? axes : [axes, axes]).map((n) => numberOf(n) ?? -1) as [number, number];
  const without = (shape: Shape, axis: number) => shape.filter((_, i) => i !== (axis < 0 ? axis + shape.length : axis));
  const joined = [...without(a, left), ...without(b, right).slice(1)];
  return joined.length === 1 ? [...joined, 1] : joined;
};

const repeat: Rule = (config, [shape]) =>
  shape && [shape[0] ?? null, numberOf(option(config, 'n')) ?? null, ...shape.slice(1)];

/** By class; a name ends in its number of dimensions, which the shape tells anyway. */
const RULES: Readonly<Record<string, Rule>> = {
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
  if (Object.hasOwn(RULES, name)) return (RULES[name] as Rule)(config, inputs);
  return keeps ? inputs[0] : undefined;
}
