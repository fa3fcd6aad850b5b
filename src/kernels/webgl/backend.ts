import { env, getKernel, type TensorInfo } from '@tensorflow/tfjs-core';

/** A program as tfjs takes it: inputs by name, GLSL, uniforms. */
export interface Program {
  readonly variableNames: readonly string[];
  readonly outputShape: readonly number[];
  readonly userCode: string;
  readonly packedInputs: boolean;
  readonly packedOutput: boolean;
  readonly enableShapeUniforms: boolean;
  readonly customUniforms: readonly { readonly name: string; readonly type: 'int' | 'float' }[];
}

/** What tfjs knows of a tensor's texture. */
export interface TextureData {
  shape: readonly number[];
  isPacked?: boolean;
  /** Absent while the values are on the CPU. */
  readonly texture?: object | null;
}

/** What is used of tfjs's WebGL backend. */
export interface WebGLBackend {
  readonly gpgpu: { readonly gl: { isContextLost(): boolean } };
  readonly texData: { get(dataId: object): TextureData };
  runWebGLProgram(
    program: Program,
    inputs: readonly TensorInfo[],
    dtype: 'float32',
    uniforms: readonly number[][],
    preventEagerUnpacking: boolean,
  ): TensorInfo;
  uploadToGPU(dataId: object): void;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/** Whether a tensor's texture holds one value a texel. One that is still on the CPU will be uploaded packed. */
export function isUnpacked({ texData }: WebGLBackend, { dataId }: TensorInfo): boolean {
  const { texture, isPacked } = texData.get(dataId);
  return Boolean(texture) && !isPacked;
}

/** Programs fetch texels by integer coordinates, which WebGL 1 has not. */
export const isSupported = (): boolean => env().getNumber('WEBGL_VERSION') === 2;

/** Whether results are kept as half floats. (The backend's own `floatPrecision()` says the opposite of what is.) */
export const isHalf = (): boolean => !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED');

/**
 * A lost context takes every program in silence, and reading its result never ends: this is the one moment to speak.
 * Test: "a lost context".
 */
export function checkContext({ gpgpu }: WebGLBackend): void {
  if (!gpgpu.gl.isContextLost()) return;
  throw new Error(
    'tfjs-normalization: the WebGL context is lost, and with it every tensor on it. ' +
      "Use another backend, tf.setBackend('cpu') for one, or load the page again.",
  );
}

/**
 * Cuts values out of an unpacked list, from one on, as a tensor of `shape`: a view of the same texture, not a program. The
 * list itself is to be freed, not handed out: tfjs loses count of a texture whose first owner is read.
 */
export function cut(backend: WebGLBackend, list: TensorInfo, from: number, shape: number[]): TensorInfo {
  const attrs = { begin: [from], size: [shape.reduce((n, size) => n * size, 1)] };
  const slice = getKernel('Slice', 'webgl');
  const part = slice.kernelFunc({ inputs: { x: list }, attrs, backend }) as TensorInfo;
  backend.texData.get(part.dataId).shape = shape;
  return { ...part, shape };
}
