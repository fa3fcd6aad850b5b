/** The backends a page runs the checks on, each with what must be set before it starts. No Node, no browser API. */

export interface Run {
  /** As the closing line of the tests has it. */
  readonly name: string;
  readonly backend: 'wasm' | 'webgl' | 'webgpu';
  readonly flags?: Readonly<Record<string, boolean | number>>;
  /** Half-float textures hold three digits: they have checks of their own instead of all the others. */
  readonly half?: boolean;
}

/** Else small tensors never reach the backend: stock kernels compute them in JavaScript, shaders take them as uniforms. */
const WEBGL = { WEBGL_CPU_FORWARD: false, WEBGL_SIZE_UPLOAD_UNIFORM: 0 };

export const RUNS = [
  { name: 'webgl', backend: 'webgl', flags: WEBGL },
  {
    name: 'webgl half-float',
    backend: 'webgl',
    half: true,
    flags: { ...WEBGL, WEBGL_FORCE_F16_TEXTURES: true },
  },
  { name: 'webgpu', backend: 'webgpu', flags: { WEBGPU_CPU_FORWARD: false } },
  { name: 'wasm simd', backend: 'wasm', flags: { WASM_HAS_MULTITHREAD_SUPPORT: false } },
  { name: 'wasm threads', backend: 'wasm' },
] as const satisfies readonly Run[];

export type RunName = (typeof RUNS)[number]['name'];

export function runNamed(name: string): Run {
  const run = RUNS.find((r) => r.name === name);
  if (!run) throw new Error(`There is no run "${name}". There are: ${RUNS.map((r) => r.name).join(', ')}.`);
  return run;
}
