import type { layers } from '@tensorflow/tfjs-layers';

/** A configuration as a live layer or a file has it: camelCase or snake_case, of unknown content. */
export type Config = Readonly<Record<string, unknown>>;

/** Sizes of a tensor, batch included; `null` where one is not fixed. */
export type Shape = readonly (number | null)[];

/** A tensor, by the name of the layer of the same model that gives it, and which of its results it is. */
export interface Source {
  readonly name: string;
  readonly at: number;
}

/** One use of a layer, and what it reads. */
export interface Call {
  readonly from: readonly Source[];
  readonly input?: Shape | undefined;
  readonly output?: Shape | undefined;
}

/** A layer as it was found, in memory or in a file. */
export interface Part {
  readonly name: string;
  readonly className: string;
  readonly config: Config;
  readonly layer?: layers.Layer;
  readonly calls: readonly Call[];
  /** The layers of a model. */
  readonly parts?: readonly Part[];
  /** Of a model: its outputs, where they are not simply what the last layer gives. */
  readonly ends?: readonly Source[];
  /** Of a model: its input layers in their order. */
  readonly starts?: readonly string[];
  /** The layers in a wrapper, a recurrent layer or a cell. */
  readonly held?: readonly Part[];
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** An option under its camelCase name, whichever way it is written. Only own properties count. */
export function option(config: Config, name: string): unknown {
  if (Object.hasOwn(config, name)) return config[name];
  const other = snake(name);
  return Object.hasOwn(config, other) ? config[other] : undefined;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** A word in small letters without underscores: `channels_last` and `channelsLast` are one. */
export const word = (value: unknown): string =>
  typeof value === 'string' ? value.replace(/_/g, '').toLowerCase() : '';

/** A size: a whole number of at least 0. */
const isSize = (value: unknown): value is number | null =>
  value === null || (Number.isSafeInteger(value) && (value as number) >= 0);

/** A number that is a size, or null. */
export const sizeOf = (value: unknown): number | null => (isSize(value) ? value : null);

/** More dimensions than tfjs has tensors of: then it is no shape. */
const MOST = 8;

export function shapeOf(value: unknown): Shape | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST) return undefined;
  // A loader may leave undefined where a size is open.
  const sizes = value.map((size) => size ?? null);
  return sizes.every(isSize) ? sizes : undefined;
}
