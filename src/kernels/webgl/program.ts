import type { TensorInfo } from '@tensorflow/tfjs-core';
import { isHalf, type WebGLBackend } from './backend.js';
import { bind, SHOWN, type Source } from './inputs.js';
import { integersOf, type Plan } from './plan.js';

export type { Source };

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

/** A result of tfjs's highest rank, of which it leaves out no dimension. */
const shownResult = (shape: readonly number[]): number[] => [...Array<number>(4 - shape.length).fill(1), ...shape];

/**
 * Runs a program. tfjs packs what a packed program gets unpacked, a program each time; ours can read both, so it is told
 * that small tensors are packed while it looks. Test: "an unpacked gamma costs no program".
 */
export function runProgram(backend: WebGLBackend, job: Job): TensorInfo {
  const { names, infos, shown, ints, text } = bind(backend, job.inputs);
  const integers = { ...(job.plan && integersOf(job.plan)), ...job.ints, ...ints };
  const floats = { eps: job.epsilon ?? 0, ...job.floats };
  const customUniforms = [
    ...Object.keys(integers).map((name) => ({ name, type: 'int' as const })),
    ...Object.keys(floats).map((name) => ({ name, type: 'float' as const })),
  ];
  const shape = job.as === 'pairs' ? [...job.shape, isHalf() ? 4 : 2] : [...job.shape];
  const program = {
    variableNames: names,
    outputShape: shownResult(shape),
    packedInputs: true,
    packedOutput: job.as !== 'list',
    enableShapeUniforms: true,
    customUniforms,
    userCode: `const float CAP = ${isHalf() ? '60000.' : '1e38'};${text}${output(job.as)}${job.code}`,
  };
  const uniforms = [...Object.values(integers), ...Object.values(floats)].map((value) => [value]);
  const before = shown.map((data) => ({ isPacked: data.isPacked, shape: data.shape }));
  for (const data of shown) Object.assign(data, { isPacked: true, shape: SHOWN });
  try {
    return { ...backend.runWebGLProgram(program, infos, 'float32', uniforms, true), shape };
  } finally {
    shown.forEach((data, i) => {
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
