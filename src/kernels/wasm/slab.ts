import type { SlabView } from '../contract.js';

/** How a slab lies in memory: every set together, channels last, or channels before a last dimension. */
export type Kind = 'rows' | 'lanes' | 'runs';

export function kindOf({ S, T }: SlabView): Kind {
  if (T > 1) return 'runs';
  return S > 1 ? 'lanes' : 'rows';
}

/** The sizes that functions of a kind take, in their order. */
export const SIZES: Readonly<Record<Kind, (view: SlabView) => number[]>> = {
  rows: ({ B, G, K }) => [B, G, K],
  lanes: ({ B, S, G, K }) => [B, S, G, K],
  runs: ({ B, S, G, K, T }) => [B, S, G, K, T],
};

/** Lanes: vectors of neighbouring channels, several rows read as one where the channels do not fill them. */
function lanes({ G, K }: SlabView): number {
  const C = G * K;
  if (C & 1) return 8 * C;
  if (C & 2) return 4 * C;
  return C & 4 ? 2 * C : C;
}

/** Bytes of scratch that the functions of a kind need: assembly/ says for what. */
export const SCRATCH: Readonly<Record<Kind, (view: SlabView) => number>> = {
  rows: ({ G, K }) => 16 + 28 * G * K,
  lanes: (view) => 16 + 32 * lanes(view) + 16 * view.G * view.K,
  runs: ({ G, K }) => 16 + 32 * G * K,
};
