import type { TensorInfo } from '@tensorflow/tfjs-core';
import { isHalf, isUnpacked, type TextureData, type WebGLBackend } from './backend.js';
import { integersOf, type Plan } from './plan.js';

/**
 * An input: packed texels by linear index, as `T<name>(i)`; values as they lie, by element, as `S<name>(i)`; or pairs of
 * statistics, as `P<name>(i)`: (a, b) of one set or unit, (a, b) of the next.
 */
export interface Source {
  readonly info: TensorInfo;
  readonly as: 'texels' | 'values' | 'pairs';
}

export interface Job {
  readonly inputs: Readonly<Record<string, Source | undefined>>;
  readonly shape: readonly number[];
  readonly code: string;
  /** Its numbers are there as integers, and ε as `eps`. */
  readonly plan?: Plan;
  readonly epsilon?: number;
  readonly ints?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  /** Packed texels; pairs of statistics, of which `shape` says how many; or an unpacked list, to be cut. */
  readonly as?: 'texels' | 'pairs' | 'list';
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

/** Where the program stands, and for pairs how it writes. */
function output(as: Job['as']): string {
  const width = as === 'list' ? 'outTexShape[1]' : '(outTexShape[1] + 1) / 2';
  const isSplit = as === 'pairs' && isHalf();
  const at = `
int texel() { return int(gl_FragCoord.y) * (${width}) + int(gl_FragCoord.x); }
int here() { return texel()${isSplit ? ' / 2' : ''}; }`;
  if (as !== 'pairs') return at;
  const split =
    'vec2 a = (texel() & 1) == 0 ? v.xy : v.zw, h = unpackHalf2x16(packHalf2x16(a)); setOutput(vec4(h, a - h));';
  return `${at}
void setPair(vec4 v) { ${isSplit ? split : 'setOutput(v);'} }`;
}

/** The shape that an unpacked tensor seems to have meanwhile: any will do, one makes for few programs. */
const ROW = [1, 2];

interface Bound {
  readonly names: string[];
  readonly infos: TensorInfo[];
  readonly unpacked: TextureData[];
  readonly ints: Record<string, number>;
  text: string;
}

function bind(backend: WebGLBackend, inputs: Job['inputs']): Bound {
  const bound: Bound = { names: [], infos: [], unpacked: [], ints: {}, text: '' };
  for (const [name, source] of Object.entries(inputs)) {
    if (!source) continue;
    const { info } = source;
    const data = backend.texData.get(info.dataId);
    const loose = source.as === 'values' && isUnpacked(backend, info);
    bound.names.push(name);
    bound.infos.push(loose ? { ...info, shape: ROW } : info);
    if (loose) bound.unpacked.push(data);
    const rank = info.shape.length;
    bound.text += source.as === 'values' ? values(name, rank, loose) : READ[source.as](name);
    // tfjs keeps programs by their text: sizes that the text does not read would be one program's and not another's.
    if (source.as === 'values' && !loose && rank > 1) {
      bound.ints[`${name}R`] = info.shape[rank - 2] as number;
      bound.ints[`${name}C`] = info.shape[rank - 1] as number;
    }
  }
  return bound;
}

/**
 * Runs a program. tfjs packs what a packed program gets unpacked, a program each time; ours can read both, so it is told
 * that small tensors are packed while it looks. Test: "an unpacked gamma costs no program".
 */
export function runProgram(backend: WebGLBackend, job: Job): TensorInfo {
  const { names, infos, unpacked, ints, text } = bind(backend, job.inputs);
  const integers = { ...(job.plan && integersOf(job.plan)), ...job.ints, ...ints };
  const floats = { eps: job.epsilon ?? 0, ...job.floats };
  const customUniforms = [
    ...Object.keys(integers).map((name) => ({ name, type: 'int' as const })),
    ...Object.keys(floats).map((name) => ({ name, type: 'float' as const })),
  ];
  const program = {
    variableNames: names,
    outputShape: job.as === 'pairs' ? [...job.shape, isHalf() ? 4 : 2] : job.shape,
    packedInputs: true,
    packedOutput: job.as !== 'list',
    enableShapeUniforms: true,
    customUniforms,
    userCode: `const float CAP = ${isHalf() ? '60000.' : '1e38'};${text}${output(job.as)}${job.code}`,
  };
  const uniforms = [...Object.values(integers), ...Object.values(floats)].map((value) => [value]);
  const before = unpacked.map(({ isPacked, shape }) => ({ isPacked, shape }));
  for (const data of unpacked) Object.assign(data, { isPacked: true, shape: ROW });
  try {
    return backend.runWebGLProgram(program, infos, 'float32', uniforms, true);
  } finally {
    unpacked.forEach((data, i) => {
      Object.assign(data, before[i]); // to the letter: tfjs looks a texture up by `undefined` and by `false`
    });
  }
}

export const asTexels = (info: TensorInfo): Source => ({ info, as: 'texels' });
export const asPairs = (info: TensorInfo): Source => ({ info, as: 'pairs' });
export const asValues = (info: TensorInfo | undefined): Source | undefined => info && { info, as: 'values' };

export function free(backend: WebGLBackend, ...infos: (TensorInfo | undefined)[]): void {
  for (const info of infos) if (info) backend.disposeIntermediateTensorInfo(info);
}
