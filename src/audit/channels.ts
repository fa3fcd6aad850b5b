/** Channels with a fault. */
import { type Found, found } from './rule.js';

export const where = (values: Float32Array, holds: (value: number) => boolean): number[] =>
  [...values.keys()].filter((i) => holds(values[i] as number));

/** As a finding tells them: how many, and the first. */
export const some = (channels: readonly number[], of: number): Found | undefined =>
  channels.length > 0 ? found({ channels: channels.slice(0, 8), count: channels.length, of }) : undefined;

export const average = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
