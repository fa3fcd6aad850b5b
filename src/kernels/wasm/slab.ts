import type { SlabView } from '../contract.js';
import type { Functions } from './module.js';

/** How a slab lies in memory: every set together, channels last, or channels before a last dimension. */
export type Kind = 'rows' | 'lanes' | 'runs';

export function kindOf({ S, T }: SlabView): Kind {
  if (T > 1) return 'runs';
  return S > 1 ? 'lanes' : 'rows';
}

/** Lanes: vectors of neighbouring channels, several rows read as one where the channels do not fill them. */
function lanes({ G, K }: SlabView): number {
  const C = G * K;
  if (C & 1) return 8 * C;
  if (C & 2) return 4 * C;
  return C & 4 ? 2 * C : C;
}

/** Bytes of scratch that functions need for a view, forward or backward: assembly/ says for what. */
export function scratchBytes(view: SlabView, isGradient: boolean): number {
  const C = view.G * view.K;
  if (kindOf(view) === 'lanes') return 16 + 32 * lanes(view) + 16 * C;
  return 64 + (isGradient ? 32 : 8) * C;
}

/** Addresses of what a call reads and writes; 0 for what is absent or not wanted. */
interface Forward {
  readonly x: number;
  readonly y: number;
  readonly gamma: number;
  readonly beta: number;
}

/** Normalizes; `y` 0: statistics only. */
export function normalizeAt(
  f: Functions,
  view: SlabView,
  { x, y, gamma, beta }: Forward,
  epsilon: number,
  center: boolean,
  to: { saved: number; mean: number; variance: number; scratch: number },
): void {
  const { B, S, G, K, T } = view;
  const c = center ? 1 : 0;
  const { saved, mean, variance, scratch } = to;
  if (T > 1) f.normalizeRuns(x, y, gamma, beta, B, S, G, K, T, epsilon, c, saved, mean, variance);
  else if (S > 1) f.normalizeLanes(x, y, gamma, beta, B, S, G, K, epsilon, c, saved, mean, variance, scratch);
  else f.normalizeRows(x, y, gamma, beta, B, G, K, epsilon, c, saved, mean, variance, scratch);
}

/** Applies statistics that are given: c, e, r of every set at `saved`. */
export function applyAt(f: Functions, view: SlabView, at: Forward, saved: number, scratch: number): void {
  const { B, S, G, K, T } = view;
  const { x, y, gamma, beta } = at;
  if (T > 1) f.applyRuns(x, y, gamma, beta, B, S, G, K, T, saved);
  else if (S > 1) f.applyLaneSets(x, y, gamma, beta, B, S, G, K, saved, 0, scratch);
  else f.applyRows(x, y, gamma, beta, B, G, K, saved, scratch);
}

interface Backward {
  readonly x: number;
  readonly dy: number;
  readonly gamma: number;
  readonly saved: number;
  readonly dx: number;
  readonly dgamma: number;
  readonly dbeta: number;
  /** Not 0: statistics were given, and get gradients. */
  readonly dmean: number;
  readonly dvariance: number;
  /** Not 0: h and k of every set, of dx = dy·γ·r − ((x − c)·h + k), and nothing but dx is wanted. */
  readonly line: number;
}

export function gradientAt(f: Functions, view: SlabView, at: Backward, center: boolean, scratch: number): void {
  const { B, S, G, K, T } = view;
  const { x, dy, gamma, saved, dx, dgamma, dbeta, dmean, dvariance, line } = at;
  const c = center ? 1 : 0;
  const to = [dx, dgamma, dbeta, dmean, dvariance, line, scratch] as const;
  if (T > 1) f.runsGradient(x, dy, gamma, B, S, G, K, T, saved, c, ...to);
  else if (S > 1) f.lanesGradient(x, dy, gamma, B, S, G, K, saved, c, ...to);
  else f.rowsGradient(x, dy, gamma, B, G, K, saved, c, ...to);
}
