import type { TensorInfo } from '@tensorflow/tfjs-core';
import { isHalf, isUnpacked, type TextureData, type WebGLBackend } from './backend.js';
import { planesOf } from './plan.js';

/**
 * An input: packed texels by linear index, as `T<name>(i)`; values as they lie, by element, as `S<name>(i)`; or pairs of
 * statistics, as `P<name>(i)`: (a, b) of one set or unit, (a, b) of the next.
 */
export interface Source {
  readonly info: TensorInfo;
  readonly as: 'texels' | 'values' | 'pairs';
}

const texels = (name: string) => `
vec4 T${name}(int i) { int w = (${name}TexShape[1] + 1) / 2; return texelFetch(${name}, ivec2(i % w, i / w), 0); }`;

/** Value i of a tensor, and the pair (i, i + 1) for even i. */
function values(name: string, rank: number, isUnpacked: boolean): string {
  const pair = `vec2 D${name}(int i) { return vec2(S${name}(i), S${name}(i + 1)); }`;
  if (isUnpacked) {
    return `
float S${name}(int i) { i += offset${name}; int w = ${name}TexShape[1]; return texelFetch(${name}, ivec2(i % w, i / w), 0).r; }
${pair}`;
  }
  const texel = `${texels(name)}
float S${name}(int i) {`;
  if (rank < 2) {
    return `${texel} vec4 t = T${name}(i / 2); return (i & 1) == 0 ? t.x : t.y; }
vec2 D${name}(int i) { return T${name}(i / 2).xy; }`;
  }
  return `${texel} int c = i % ${name}C; i /= ${name}C; int r = i % ${name}R;
  vec4 t = T${name}((i / ${name}R * ((${name}R + 1) / 2) + r / 2) * ((${name}C + 1) / 2) + c / 2);
  vec2 h = (r & 1) == 0 ? t.xy : t.zw; return (c & 1) == 0 ? h.x : h.y; }
${pair}`;
}

/**
 * Pairs fill one texel. As half floats each value takes two, what the rounding leaves besides: δ rounded once is a part of
 * x̂ that Σ dy·x̂ adds up. Test: "mean 0.3, deviation 2: batch, channels first" of the half-float list.
 */
function pairs(name: string): string {
  const read = isHalf()
    ? `vec4 a = T${name}(2 * i), b = T${name}(2 * i + 1); return vec4(a.xy + a.zw, b.xy + b.zw);`
    : `return T${name}(i);`;
  return `${texels(name)}
vec4 P${name}(int i) { ${read} }`;
}

const READ = { texels, pairs } as const;

/**
 * tfjs keeps programs by their text and by what it makes of shapes: which dimensions are 1, which inputs would be broadcast.
 * Ours read by texel and by element, so they show it one shape whatever the tensors' own. Test: "at most 30 programs".
 */
export const SHOWN = [2, 2, 2];

/** The inputs of a program: as tfjs gets them, and the text that reads them. */
interface Bound {
  readonly names: string[];
  readonly infos: TensorInfo[];
  /** Those that are shown to tfjs as packed and of another shape. */
  readonly shown: TextureData[];
  readonly ints: Record<string, number>;
  text: string;
}

/** Brings a tensor to the GPU, packed if it is not there yet; whether it lies as its shape says. */
function lies(backend: WebGLBackend, { dataId, shape }: TensorInfo): boolean {
  const data = backend.texData.get(dataId);
  if (!data.texture) {
    Object.assign(data, { isPacked: true, shape });
    backend.uploadToGPU(dataId);
  }
  if (!data.texture) return false; // tfjs only compiles. Test: "compiled ahead"
  const [, rows, columns] = planesOf(data.shape);
  const [, R, C] = planesOf(shape);
  return Boolean(data.isPacked) && rows === R && columns === C;
}

export function bind(backend: WebGLBackend, inputs: Readonly<Record<string, Source | undefined>>): Bound {
  const bound: Bound = { names: [], infos: [], shown: [], ints: {}, text: '' };
  const sources = Object.entries(inputs).filter((entry): entry is [string, Source] => entry[1] !== undefined);
  const own = new Set<object>(); // what tfjs packs or lays anew, for which it looks at the shape
  for (const [name, { info, as }] of sources) {
    const loose = as === 'values' && isUnpacked(backend, info);
    if (!loose && !lies(backend, info)) own.add(info.dataId);
    const rank = info.shape.length;
    bound.names.push(name);
    bound.text += as === 'values' ? values(name, rank, loose) : READ[as](name);
    // Sizes that the text does not read would be one program's and not another's of the same text.
    if (as === 'values' && !loose && rank > 1) {
      bound.ints[`${name}R`] = info.shape[rank - 2] as number;
      bound.ints[`${name}C`] = info.shape[rank - 1] as number;
    }
  }
  for (const [, { info }] of sources) {
    const isShown = !own.has(info.dataId);
    bound.infos.push(isShown ? { ...info, shape: SHOWN } : info);
    if (isShown) bound.shown.push(backend.texData.get(info.dataId));
  }
  return bound;
}
