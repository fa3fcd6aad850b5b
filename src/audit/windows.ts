/** Shapes of what slides over space: convolutions, pooling, padding. */
import { type Config, numberOf, option, type Shape, sizeOf, word } from './part.js';

export type Size = number | null;
type Sizes = Size[];
/** The shape a layer gives, or undefined where it cannot be told. */
export type ShapeRule = (config: Config, inputs: readonly (Shape | undefined)[]) => Shape | undefined;

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
  (channels: (config: Config, before: Size) => Size): ShapeRule =>
  (config, [shape]) =>
    shape &&
    spatial(config, shape, (space, before) => [
      windowed(config, space, option(config, 'kernelSize'), option(config, 'strides')),
      channels(config, before),
    ]);

export const filters = convolution((config) => sizeOf(option(config, 'filters') ?? null));
export const depthwise = convolution((config, before) =>
  before === null ? null : sizeOf(before * (numberOf(option(config, 'depthMultiplier')) ?? 1)),
);

export const transposed: ShapeRule = (config, [shape]) =>
  shape &&
  spatial(config, shape, (space) => {
    const kernel = perDimension(option(config, 'kernelSize'), space.length);
    const step = perDimension(option(config, 'strides'), space.length);
    const same = word(option(config, 'padding')) === 'same';
    const more = (i: number) => (same ? 0 : Math.max((kernel[i] as number) - (step[i] as number), 0));
    return [each(space, (n, i) => n * (step[i] as number) + more(i)), sizeOf(option(config, 'filters') ?? null)];
  });

export const pooling: ShapeRule = (config, [shape]) =>
  shape &&
  spatial(config, shape, (space, channels) => {
    const window = option(config, 'poolSize') ?? 2;
    return [windowed({ ...config, dilationRate: 1 }, space, window, option(config, 'strides') ?? window), channels];
  });

export const globalPooling: ShapeRule = (config, [shape]) => {
  if (!shape) return undefined;
  const kept = option(config, 'keepdims') === true;
  return spatial(config, shape, (space, channels) => [kept ? space.map(() => 1) : [], channels]);
};

/** Sides that zeros are added to, or cut from. */
export const sides =
  (key: string, sign: 1 | -1): ShapeRule =>
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

export const upsampling: ShapeRule = (config, [shape]) =>
  shape &&
  spatial(config, shape, (space, channels) => {
    const size = perDimension(option(config, 'size') ?? 2, space.length);
    return [each(space, (n, i) => n * (size[i] as number)), channels];
  });
