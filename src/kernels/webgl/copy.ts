import type { TensorInfo } from '@tensorflow/tfjs-core';
import { isUnpacked, type WebGLBackend } from './backend.js';
import type { Plan } from './plan.js';
import { planesOf } from './plan.js';
import { asValues, runProgram } from './program.js';

type Planes = Plan['planes'];

/** Copies values, however they lie, into the packed planes. */
function copy(backend: WebGLBackend, info: TensorInfo, planes: Planes): TensorInfo {
  const [, R, C] = planes;
  const code = `
void main() {
  int q = here(), c = q % hc * 2, r = q / hc % hr * 2, e = (q / (hc * hr) * R + r) * C + c;
  bool a = c + 1 < C, b = r + 1 < R;
  setOutput(mix(vec4(0.), vec4(Sx(e), Sx(e + 1), Sx(e + C), Sx(e + C + 1)), bvec4(true, a, b, a && b)));
}`;
  const ints = { R, C, hr: Math.ceil(R / 2), hc: Math.ceil(C / 2) };
  return runProgram(backend, { inputs: { x: asValues(info) }, shape: planes, code, ints });
}

/** A tensor as packed planes, and whether that took a copy, which the caller frees. */
export interface Planar {
  readonly info: TensorInfo;
  readonly copied?: TensorInfo;
}

/** x as the planes of its plan: as it lies if that is how, else copied there. */
export function planar(backend: WebGLBackend, x: TensorInfo, { planes, fits }: Plan): Planar {
  const own = { ...x, shape: [...planesOf(x.shape)] };
  if (fits && !isUnpacked(backend, x)) return { info: own };
  const copied = copy(backend, own, planes);
  return { info: copied, copied };
}

/** A result, in the planes of the plan, as a tensor of `shape`. */
export function shaped(backend: WebGLBackend, y: TensorInfo, shape: number[], { fits }: Plan): TensorInfo {
  if (fits) return { ...y, shape };
  const info = copy(backend, y, planesOf(shape));
  backend.disposeIntermediateTensorInfo(y);
  return { ...info, shape };
}
