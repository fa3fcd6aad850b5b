import type { Absent, Backend, Candidate, CandidateName } from './candidates/types.js';
import type { Pass } from './cases.js';
import type { Costs } from './measure.js';
import type { Timing } from './schedule.js';

export type Measured = Timing & Costs & { readonly name: CandidateName; readonly note?: Candidate['note'] };

/** All that was found out about one pass of one case. */
export interface Result {
  readonly name: string;
  readonly pass: Pass;
  readonly shape: readonly number[];
  readonly note: string;
  readonly backend: Backend;
  readonly candidates: readonly Measured[];
  readonly absent: readonly Absent[];
}

export const find = ({ candidates }: Result, name: CandidateName): Measured | undefined =>
  candidates.find((measured) => measured.name === name);

/** How much of another's time one takes: the ratio of their medians. */
export function ratio(result: Result, of: CandidateName, per: CandidateName): number | undefined {
  const [a, b] = [find(result, of), find(result, per)];
  return a && b ? a.median / b.median : undefined;
}

const bytes = ({ shape }: Result) => 4 * shape.reduce((product, d) => product * d, 1);

/** Memory at its highest, as a multiple of x. */
export function peakShare(result: Result, { peak }: Costs): number | undefined {
  return peak === undefined ? undefined : peak / bytes(result);
}
