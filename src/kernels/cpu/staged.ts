/**
 * Normalizations of larger arrays through the wasm kernels, a few samples at a time: what is brought in and out stays in the
 * cache, and a kernel takes a fraction of what the loops do.
 */
import type { SlabView } from '../contract.js';
import { gradientAt, normalizeAt } from '../wasm/slab.js';
import { samplesPerBlock } from './blocks.js';
import { layOut, type Stage } from './stage.js';
import { emptySets } from './statistics.js';
import type { Gradients, Loops } from './work.js';

/** A sample larger than this would make the memory large; the loops take it. */
const LARGEST = 1 << 20;

const sampleSize = ({ S, G, K, T }: SlabView) => S * G * K * T;

/** Whether samples can be staged at all. */
export const fits = (view: SlabView): boolean => sampleSize(view) <= LARGEST;

/** Calls `each` with the samples of every chunk: their view, and where they begin. */
function inChunks(view: SlabView, each: (part: SlabView, from: number) => void): void {
  const samples = samplesPerBlock(view);
  for (let b = 0; b < view.B; b += samples) each({ ...view, B: Math.min(samples, view.B - b) }, b);
}

const largestPart = (view: SlabView): SlabView => ({ ...view, B: Math.min(samplesPerBlock(view), view.B) });

export function stagedNormalize(stage: Stage): Loops['normalize'] {
  return (x, view, { epsilon, center, scale, shift }) => {
    const part = largestPart(view);
    const [size, sets, channels] = [sampleSize(view), part.B * part.G, view.G * view.K];
    const values = part.B * size;
    const wanted = {
      gamma: channels,
      beta: channels,
      saved: 3 * sets,
      mean: sets,
      variance: sets,
      x: values,
      y: values,
    };
    const { places, addresses, bytes } = layOut(part, wanted);
    const floats = stage.floats(bytes);
    floats.set(scale, places.gamma);
    floats.set(shift, places.beta);
    const y = new Float32Array(x.length);
    const found = emptySets(view);
    inChunks(view, (now, b) => {
      const count = now.B * size;
      floats.set(x.subarray(b * size, b * size + count), places.x);
      normalizeAt(stage.functions, now, addresses, epsilon, center, { ...addresses, scratch: 0 });
      y.set(floats.subarray(places.y, places.y + count), b * size);
      const n = now.B * now.G;
      for (let i = 0; i < n; i++) {
        const set = b * now.G + i;
        found.mean[set] = (floats[places.saved + i] as number) + (floats[places.saved + n + i] as number);
        found.rstd[set] = floats[places.saved + 2 * n + i] as number;
        found.variance[set] = floats[places.variance + i] as number;
      }
    });
    return { y, sets: found };
  };
}

export function stagedGradient(stage: Stage): Loops['normalizeGrad'] {
  return (x, dy, view, known, center): Gradients => {
    const part = largestPart(view);
    const [size, sets, channels] = [sampleSize(view), part.B * part.G, view.G * view.K];
    const values = part.B * size;
    const parameters = { gamma: channels, dgamma: channels, dbeta: channels };
    const { places, addresses, bytes } = layOut(part, {
      ...parameters,
      saved: 3 * sets,
      x: values,
      dy: values,
      dx: values,
    });
    const floats = stage.floats(bytes);
    floats.set(known.scale, places.gamma);
    const dx = new Float32Array(x.length);
    const [dgamma, dbeta] = [new Float64Array(channels), new Float64Array(channels)];
    inChunks(view, (now, b) => {
      const count = now.B * size;
      const n = now.B * now.G;
      for (let i = 0; i < n; i++) {
        const mean = known.mean[b * now.G + i] as number;
        const rounded = Math.fround(mean);
        floats[places.saved + i] = rounded;
        floats[places.saved + n + i] = mean - rounded;
        floats[places.saved + 2 * n + i] = known.rstd[b * now.G + i] as number;
      }
      floats.set(x.subarray(b * size, b * size + count), places.x);
      floats.set(dy.subarray(b * size, b * size + count), places.dy);
      gradientAt(stage.functions, now, { ...addresses, dmean: 0, dvariance: 0, line: 0 }, center, 0);
      dx.set(floats.subarray(places.dx, places.dx + count), b * size);
      for (let c = 0; c < channels; c++) {
        dgamma[c] = (dgamma[c] as number) + (floats[places.dgamma + c] as number);
        dbeta[c] = (dbeta[c] as number) + (floats[places.dbeta + c] as number);
      }
    });
    return { dx, dgamma, dbeta };
  };
}
