import type { SlabView } from '../contract.js';

/**
 * How a slab lies in packed textures. tfjs keeps a tensor as planes of its last two dimensions, [A, R, C], four values a
 * texel: (r, c), (r, c + 1), (r + 1, c), (r + 1, c + 1), each plane padded to even sizes. Its index is linear:
 * (a·hr + r/2)·hc + c/2. So what shares a texel goes by where channels lie:
 *
 * - `columns`: along the last dimension (channels last);
 * - `rows`: along the last but one (channels before a last dimension), or rows that are sets of their own;
 * - `planes`: outside the last two, or a set is whole planes.
 *
 * A *unit* u is what a lane sums for itself: a channel, or a whole set. Units come in pairs, and a set is K of them.
 */
export type Kind = 'columns' | 'rows' | 'planes';

/** By which coordinate an element finds its γ and β. */
export type Channel = 'column' | 'row' | 'plane' | 'element';

export interface Plan {
  readonly kind: Kind;
  readonly channel: Channel;
  /** The planes [A, R, C] as which x is read; `fits`: they are x's own last dimensions. */
  readonly planes: readonly [number, number, number];
  readonly fits: boolean;
  /** Sets are `B` times `U / K`; the elements of each. */
  readonly B: number;
  readonly U: number;
  readonly K: number;
  readonly n: number;
  /** A unit's texels: `O` times `I`, in slabs of `L`, of which there are `P`. */
  readonly O: number;
  readonly I: number;
  readonly L: number;
  readonly P: number;
  /** Channels in all: the length of γ. */
  readonly E: number;
}

const half = (n: number): number => Math.ceil(n / 2);
const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);

type Planes = readonly [number, number, number];

/** A shape as planes: its last two dimensions, and all before them. */
export function planesOf(shape: readonly number[]): Planes {
  return [product(shape.slice(0, -2)), shape[shape.length - 2] ?? 1, shape[shape.length - 1] ?? 1];
}

type Form = Pick<Plan, 'kind' | 'channel' | 'B' | 'U' | 'K' | 'O' | 'I'>;

/** The form in which the planes are the view, if they are. */
function formOf([A, R, C]: Planes, { B, S, G, K, T }: SlabView): Form | undefined {
  const texels = half(R) * half(C);
  const channels = G * K;
  const isRows = S === 1 && T === 1;
  if (isRows && G === 1 && K === C) {
    return { kind: 'rows', channel: 'column', B: A, U: R, K: 1, O: 1, I: half(C) };
  }
  if (T === 1 && channels === C && S % R === 0) {
    return { kind: 'columns', channel: 'column', B, U: C, K, O: S / R, I: half(R) };
  }
  if (T % (R * C) === 0) {
    return { kind: 'planes', channel: 'plane', B, U: channels, K, O: S, I: (T / (R * C)) * texels };
  }
  if (T === C && channels === R) return { kind: 'rows', channel: 'row', B, U: R, K, O: S, I: half(C) };
  if (isRows && G === 1 && K % (R * C) === 0) {
    return { kind: 'planes', channel: 'element', B, U: 1, K: 1, O: 1, I: (K / (R * C)) * texels };
  }
  return undefined;
}

/** Planes and form for a view that no dimensions of x show: x is copied into them. */
function canonical({ B, S, G, K, T }: SlabView): { planes: Planes; form: Form } {
  const as = (planes: Planes, view: SlabView) => ({ planes, form: formOf(planes, view) as Form });
  if (T > 1) return as([B * S, G * K, T], { B, S, G, K, T });
  if (S > 1) return as([B, S, G * K], { B, S, G, K, T });
  if (G === 1) return as([1, B, K], { B, S, G, K, T });
  return {
    planes: [B, G, K],
    form: { kind: 'rows', channel: 'element', B, U: G, K: 1, O: 1, I: half(K) },
  };
}

/** A row of up to so many values is summed by one invocation; a longer one, like a slab, by several. */
const LONG = 4096;
/** Texels that one invocation sums of a slab, and of a long row. */
const SLAB = 32;
const STRETCH = 1024;

/** Whether sets are rows that carry γ and β along themselves. */
export const isRow = ({ kind, channel }: Pick<Plan, 'kind' | 'channel'>): boolean =>
  channel === 'element' || (kind === 'rows' && channel === 'column');

function slabs(form: Form, n: number): { L: number; P: number } {
  const { B, U, K, O, I } = form;
  const J = O * I;
  if (isRow(form) && n <= LONG) return { L: J, P: 1 };
  // The fold reads P·K partial sums a set one after another, and B·P a channel: both are kept short.
  const most = isRow(form) ? 32 : Math.max(1, Math.min(64, Math.floor(1024 / K), Math.floor(2048 / B)));
  const each = isRow(form) && B * U > 64 ? STRETCH : SLAB;
  const L = Math.ceil(J / Math.min(most, Math.ceil(J / each)));
  return { L, P: Math.ceil(J / L) };
}

export function planOf(shape: readonly number[], view: SlabView): Plan {
  const own = planesOf(shape);
  const found = formOf(own, view);
  const { planes, form } = found ? { planes: own, form: found } : canonical(view);
  const n = view.S * view.K * view.T;
  return { ...form, ...slabs(form, n), planes, fits: found !== undefined, n, E: view.G * view.K };
}

/** One whose units are channels: one value a set along a single dimension is copied into columns. */
export function mixturePlanOf(shape: readonly number[], view: SlabView): Plan {
  const plan = planOf(shape, view);
  if (!isRow(plan)) return plan;
  const { B, G } = view;
  const form: Form = { kind: 'columns', channel: 'column', B, U: G, K: 1, O: 1, I: 1 };
  return { ...form, ...slabs(form, 1), planes: [B, 1, G], fits: false, n: 1, E: G };
}

/** The plan's numbers as the programs name them: strides in texels besides. */
export function integersOf({ kind, planes, B, U, K, O, I, L, P, E }: Plan): Record<string, number> {
  const [, R, C] = planes;
  const [hr, hc] = [half(R), half(C)];
  const N = kind === 'planes' ? U * I : hr * hc; // from one outer stretch to the next
  const M = kind === 'planes' ? I : kind === 'rows' ? hc : 1; // from one unit, or pair of units, to the next
  const W = kind === 'columns' ? hc : 1; // from one texel of a unit to the next
  return { R, C, hr, hc, B, U, K, O, I, J: O * I, L, P, E, N, M, W, G: U / K, hg: half(U / K), hu: half(U) };
}
