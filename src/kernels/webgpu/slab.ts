import type { SlabView } from '../contract.js';
import { element, LANES, values } from './wgsl.js';

/**
 * Sets whose values lie apart, `positions` of them in each channel: (s, t), or with T = 1 just s. A workgroup takes a
 * tile of channels and a run of positions of one sample. Its lanes lie along what is contiguous: t, then channels.
 * A vector is four t of a channel, or four channels.
 */
export interface Slab {
  readonly isVector: boolean;
  /** Whether a vector, and a lane's sums, are of four channels. */
  readonly isAcross: boolean;
  /** Channels, in vectors where these lie across. */
  readonly C: number;
  /** Length of a channel's run, in vectors. */
  readonly T: number;
  /** Positions of a channel, in vectors. */
  readonly Q: number;
  /** Values of a channel at a position. */
  readonly width: number;
}

export function slabOf({ S, G, K, T }: SlabView): Slab {
  const channels = G * K;
  const isVector = (T === 1 ? channels : T) % 4 === 0;
  const isAcross = isVector && T === 1;
  const run = T > 1 && isVector ? T / 4 : T;
  return {
    isVector,
    isAcross,
    C: isAcross ? channels / 4 : channels,
    T: run,
    Q: S * run,
    width: T > 1 && isVector ? 4 : 1,
  };
}

/** How many powers of two fit, at most `most`. */
export const log2 = (n: number, most: number): number => Math.min(most, Math.max(0, Math.floor(Math.log2(n))));
/** The same, so that they are enough. */
const log2Above = (n: number, most: number): number => Math.min(most, Math.ceil(Math.log2(Math.max(1, n))));

/** Lanes of a workgroup, as powers of two, and channels of a tile, in vectors. */
export interface Tiles {
  readonly tl: number;
  readonly cl: number;
  readonly tc: number;
  readonly tiles: number;
  readonly P: number;
  readonly step: number;
}

/** Tiles of up to 64 channels or vectors, and positions in runs, so that there are enough workgroups for a GPU. */
export function tilesOf({ C, T, Q }: Slab, samples: number, perSet: number): Tiles {
  const tl = log2(T, 8);
  const cl = Math.min(log2Above(C, 6), 8 - tl);
  const tc = 1 << cl;
  const tiles = Math.ceil(C / tc);
  // Whoever folds the runs of a set reads perSet values of each.
  const most = Math.min(128, Math.max(4, Math.floor(8192 / perSet)));
  const P = Math.max(1, Math.min(most, Math.ceil(512 / (samples * tiles)), Math.ceil(Q / (8 * (LANES >> cl)))));
  const step = Math.ceil(Q / P);
  return { tl, cl, tc, tiles, P: Math.ceil(Q / step), step };
}

/** Sizes that every shader of slabs reads, and on how many values a set has. */
export function slabSizes(view: SlabView, slab: Slab, tiles?: Tiles) {
  const { B, G, K, S, T } = view;
  return { ...tiles, B, G, K, C: slab.C, T: slab.T, Q: slab.Q, sample: S * G * K * T, span: K * T, n: S * K * T };
}

/** What a shader of slabs depends on. */
export interface SlabVariant extends Readonly<Record<string, number | boolean>> {
  readonly isVector: boolean;
  readonly isAcross: boolean;
  readonly repeats: boolean;
}

export const variantOf = ({ isVector, isAcross }: Slab, { T }: SlabView): SlabVariant => ({
  isVector,
  isAcross,
  repeats: T > 1,
});

/** A value of A by an expression of the channel `h`. */
export function perChannel(isAcross: boolean, expression: string): string {
  const of = (k: number) => expression.replace(/\bh\b/g, isAcross ? `(c * 4u + ${k}u)` : 'c');
  return isAcross ? `A(${[0, 1, 2, 3].map(of).join(', ')})` : of(0);
}

/** Where a position lies from its channel's first. */
export const AT = (repeats: boolean): string => (repeats ? '(q / u.T * u.C * u.T + q % u.T)' : '(q * u.C)');

/** The lane's place: channel c (`on`: there is one), position pi of PL; `vl` counts the lanes of a channel together. */
export const PLACE = `
  let tile = wg % u.tiles; let p = wg / u.tiles % u.P; let b = wg / (u.tiles * u.P);
  let ci = (l >> u.tl) & ((1u << u.cl) - 1u); let PL = 256u >> u.cl;
  let pi = ((l >> (u.tl + u.cl)) << u.tl) | (l & ((1u << u.tl) - 1u)); let vl = ci * PL + pi;
  let on = ci < u.tc && tile * u.tc + ci < u.C; let c = min(tile * u.tc + ci, u.C - 1u);
  let base = b * u.Q * u.C + c * u.T; let lo = p * u.step; let hi = min(u.Q, lo + u.step);`;

/** A: what a lane sums, of one channel or of four. The pilot of a channel's set is the set's first value. */
export const head = ({ isVector, isAcross }: { isVector: boolean; isAcross: boolean }): string => `${values(isVector)}
alias A = ${isAcross ? 'vec4f' : 'f32'};
const WC = ${isAcross ? 4 : 1}u; const WT = ${isVector && !isAcross ? '4.0' : '1.0'};
fn acc(v: V) -> A { return ${isAcross || !isVector ? 'v' : 'hsum(v)'}; }${element(isVector)}
fn pilotOf(b: u32, c: u32) -> A { return ${perChannel(isAcross, 'xAt(b * u.sample + h / u.K * u.span)')}; }`;

/** Two of A. */
export const pairOf = (isAcross: boolean): string => (isAcross ? 'mat2x4f' : 'vec2f');

/** The most sets that a tile touches. */
export function setsOfTile({ G, K }: SlabView, channels: number): number {
  return Math.min(G, Math.floor((channels - 1) / K) + (channels % K === 0 ? 1 : 2));
}
