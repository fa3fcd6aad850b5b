import { NORMS, type NormRow } from '../../../src/norms.js';
import type { Pack, Tf } from '../harness.js';
import type { Options } from '../subjects.js';

export interface Refusal {
  readonly name: string;
  call(tf: Tf, pack: Pack): unknown;
  /** The rule or the advice, by meaning. */
  readonly says: RegExp;
  /** Errors the host throws keep the host's name. */
  readonly error?: string;
}

/** The rows that have an option. */
export const has = (key: string) => NORMS.filter(({ defaults }) => key in defaults);

/** Groups that divide the six channels of the shapes here. */
export const two = (row: NormRow): Options => ('groups' in row.defaults ? { groups: 3 } : {});
