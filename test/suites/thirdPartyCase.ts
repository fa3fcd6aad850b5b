import type { Tolerance } from './harness.js';

/** An array of a foreign case: numbers as JSON has them. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** The op that computes a foreign case, its inputs by our names. */
export interface OpCall {
  readonly op: 'batchNorm' | 'layerNorm' | 'instanceNorm' | 'groupNorm' | 'rmsNorm';
  readonly options: Readonly<Record<string, unknown>>;
  readonly x: Numbers;
  readonly parameters: Readonly<Record<string, Numbers>>;
}

/** What a training step leaves in batch norm's memory. */
export interface Memory {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  /** Of Keras: the share that is kept. */
  readonly momentum: number;
  readonly initial?: { readonly mean: Numbers; readonly variance: Numbers };
}

/** A foreign case in the pack's terms. */
export interface ThirdPartyCase {
  readonly name: string;
  readonly call: OpCall;
  readonly expected: Numbers;
  readonly memory?: Memory;
  /** Inputs and outputs are float16: computed in float32, rounded at the end. */
  readonly half: boolean;
  /** Per value, or one for all. */
  tolerance(expected: number): Tolerance;
}

/** `{…}` without the absent ones: an op reads an absent option as its default. */
export function present(inputs: Readonly<Record<string, Numbers | undefined>>): Record<string, Numbers> {
  return Object.fromEntries(
    Object.entries(inputs).filter((entry): entry is [string, Numbers] => entry[1] !== undefined),
  );
}
