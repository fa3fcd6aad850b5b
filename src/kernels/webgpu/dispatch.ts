import { env, type TensorInfo } from '@tensorflow/tfjs-core';
import { type DeviceState, stateOf, type WebGpuBackend } from './device.js';
import { isFloat, type Numbers, record, sizeOf, submit, type Work } from './forms.js';

/** What the source depends on besides the tensors that are there. */
export type Variant = Readonly<Record<string, number | boolean>>;
export type Tensors = Readonly<Record<string, TensorInfo | undefined>>;

export interface Program<V extends Variant = Variant> {
  readonly name: string;
  /**
   * Outputs > inputs, each `name:type`; those that a call does not have are left out. Types: `f` numbers, `p` pairs,
   * `v` vectors of four; `V`, `A`: vectors where the variant `isVector`, `isAcross`.
   */
  readonly tensors: string;
  /** WGSL by variant, and by which of its tensors are there: nothing else may change it. */
  wgsl(variant: V, has: (tensor: string) => boolean): string;
}

interface Binding {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  readonly access: 'read' | 'read_write';
}

const TYPES = { f: 'f32', v: 'vec4<f32>', p: 'vec2<f32>' } as const;

function bindingsOf(
  { tensors }: Program<never>,
  { isVector, isAcross }: Variant,
  has: (name: string) => boolean,
): Binding[] {
  const vectors: Record<string, unknown> = { V: isVector, A: isAcross };
  const [outputs, inputs] = tensors.split(' > ') as [string, string];
  const list = (names: string, access: Binding['access']) =>
    names.split(' ').map((entry) => {
      const [name, type] = entry.split(':') as [string, Binding['type']];
      return { name, access, type: type in vectors ? (vectors[type] ? 'v' : 'f') : type } as const;
    });
  return [...list(outputs, 'read_write'), ...list(inputs, 'read')].filter(({ name }) => has(name));
}

/**
 * tfjs passes shape and stride of every tensor before our numbers; all are of rank 1, so that the whole block is a list
 * of 4-byte scalars.
 */
function declarations(bindings: readonly Binding[], numbers: Numbers): string {
  const shapes = bindings.map((_, i) => `h${i}: u32, s${i}: u32,`);
  const ours = Object.keys(numbers).map((name) => `${name}: ${isFloat(name) ? 'f32' : 'u32'},`);
  const tensors = bindings.map(
    ({ name, type, access }, i) => `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${TYPES[type]}>;`,
  );
  return `struct U { NAN: f32, INF: f32, ${[...shapes, ...ours].join(' ')} };
${tensors.join('\n')}
@group(0) @binding(${bindings.length}) var<uniform> u: U;
`;
}

/** Workgroups beyond the device's limit go into a second dimension; the surplus returns at once. */
function spread(groups: number, limit: number): [number, number, number] {
  const rows = Math.ceil(groups / limit);
  return [Math.ceil(groups / rows), rows, 1];
}

/** Else the device would say so to nobody, and give zeros. */
export function expectBindable(
  tensors: readonly TensorInfo[],
  { maxStorageBufferBindingSize, maxBufferSize }: Numbers,
): void {
  const limit = Math.min(maxStorageBufferBindingSize as number, maxBufferSize as number);
  for (const { shape } of tensors) {
    if (4 * sizeOf(shape) <= limit) continue;
    throw new Error(
      `tfjs-normalization: a tensor of shape [${shape}] has ${4 * sizeOf(shape)} bytes, and this WebGPU device takes ${limit} in one buffer.`,
    );
  }
}

function prepare<V extends Variant>(
  { device }: WebGpuBackend,
  { pipelines }: DeviceState,
  program: Program<V>,
  variant: V,
  given: Tensors,
  numbers: Numbers & { readonly groups: number },
): Work {
  const has = (name: string) => given[name] !== undefined;
  const bindings = bindingsOf(program, variant, has);
  const tensors = bindings.map(({ name }) => given[name] as TensorInfo);
  expectBindable(tensors, device.limits);
  const key = [program.name, Object.values(variant), bindings.map(({ name, type }) => name + type)].join();
  let pipeline = pipelines.get(key);
  if (!pipeline) {
    const code = declarations(bindings, numbers) + program.wgsl(variant, has);
    const compute = { module: device.createShaderModule({ code }), entryPoint: 'main' };
    pipeline = device.createComputePipeline({ layout: 'auto', compute, label: key });
    pipelines.set(key, pipeline);
  }
  const dispatch = spread(numbers.groups, device.limits.maxComputeWorkgroupsPerDimension as number);
  return { pipeline, tensors, numbers, dispatch };
}

const TRIAL: Program<Record<never, never>> = {
  name: 'trial',
  tensors: 'a:f b:f > x:f',
  wgsl: () => `@compute @workgroup_size(4) fn main(@builtin(local_invocation_index) l: u32) {
  a[l] = 2.0 * x[l] + u.eps; b[l] = x[l] * f32(u.groups); }`,
};

/** Two outputs of four values, handed over in a form and read back: whether this tfjs does what the form relies on. */
async function computes(host: WebGpuBackend, state: DeviceState, form: typeof record): Promise<boolean> {
  const tensors = [undefined, undefined, Float32Array.of(1, 2, 3, 4)].map((v) =>
    host.makeTensorInfo([4], 'float32', v),
  );
  const [a, b, x] = tensors as [TensorInfo, TensorInfo, TensorInfo];
  const { device } = host;
  device.pushErrorScope('validation');
  let reading: Promise<ArrayBuffer>[] = [];
  try {
    form(host, prepare(host, state, TRIAL, {}, { a, b, x }, { groups: 1, eps: 0.5 }));
    reading = [a, b].map(({ dataId }) => host.getBufferData(host.tensorMap.get(dataId)?.resource as never));
  } catch {
    // Then nothing is read, and the answer is no.
  }
  const refused = device.popErrorScope();
  for (const { dataId } of tensors) host.disposeData(dataId);
  const texts = reading.map(async (data) => [...new Float32Array(await data)].join());
  const [error, ...found] = await Promise.all([refused, ...texts]);
  return !error && found.join(';') === '2.5,4.5,6.5,8.5;1,2,3,4';
}

/** Until the answer is here work is submitted on its own, and for good where it cannot be recorded; or not at all. */
async function tryForms(host: WebGpuBackend, state: DeviceState): Promise<void> {
  state.tried = true;
  const works = (form: typeof record) => computes(host, state, form).catch(() => false);
  if (await works(record)) state.form = 'recorded';
  else if (!(await works(submit))) state.form = null;
}

/** Runs `groups` workgroups of a program: compiled once a variant, sizes and ε being uniforms. */
export function launch<V extends Variant>(
  host: WebGpuBackend,
  program: Program<V>,
  variant: V,
  tensors: Tensors,
  groups: number,
  numbers: Numbers,
): void {
  const state = stateOf(host);
  const work = prepare(host, state, program, variant, tensors, { groups, ...numbers });
  if (env().getBool('WEBGPU_ENGINE_COMPILE_ONLY')) return;
  if (!state.tried) void tryForms(host, state);
  (state.form === 'recorded' ? record : submit)(host, work);
}
