import { env, type TensorInfo } from '@tensorflow/tfjs-core';
import { type DeviceState, type Pipeline, stateOf, type WebGpuBackend } from './device.js';

/** A tensor as the shader sees it: numbers, vectors of four, or pairs. */
export type Binding = readonly [name: string, type: 'f' | 'v' | 'p', tensor: TensorInfo | undefined];
type Numbers = Readonly<Record<string, number>>;

/** WGSL by variant, and by which of its tensors are there: nothing else may change the source. */
export interface Program<V extends Readonly<Record<string, number | boolean>>> {
  readonly name: string;
  wgsl(variant: V, has: (tensor: string) => boolean): string;
}

export interface Call {
  readonly groups: number;
  /** Absent tensors are left out. */
  readonly outputs: readonly Binding[];
  readonly inputs: readonly Binding[];
  readonly ints: Numbers;
  readonly floats?: Numbers;
}

const TYPES = { f: 'f32', v: 'vec4<f32>', p: 'vec2<f32>' } as const;
const isThere = ([, , tensor]: Binding): boolean => tensor !== undefined;
export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** What one dispatch needs, whichever form takes it. */
interface Work {
  readonly pipeline: Pipeline;
  readonly tensors: readonly TensorInfo[];
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly dispatch: readonly [number, number, number];
}

/**
 * tfjs passes shape and stride of every tensor before our numbers; all are of rank 1, so that the whole block is a list
 * of 4-byte scalars.
 */
function declarations(all: readonly Binding[], outputs: number, ints: Numbers, floats: Numbers): string {
  const shapes = all.map((_, i) => `h${i}: u32, s${i}: u32,`);
  const numbers = [...Object.keys(ints).map((k) => `${k}: u32,`), ...Object.keys(floats).map((k) => `${k}: f32,`)];
  const tensors = all.map(([name, type], i) => {
    const access = i < outputs ? 'read_write' : 'read';
    return `@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${TYPES[type]}>;`;
  });
  return `struct U { NAN: f32, INF: f32, ${[...shapes, ...numbers].join(' ')} };
${tensors.join('\n')}
@group(0) @binding(${all.length}) var<uniform> u: U;
`;
}

/**
 * tfjs records whatever pipeline it finds on a program: where that is an accessor it is ours, whose shader declares some
 * of the "inputs" as writable. So one dispatch has several outputs, while tfjs keeps order, batches, memory and profile.
 */
class FusedProgram {
  readonly outputShape: readonly number[];
  readonly variableNames: readonly string[];
  readonly dispatchLayout = { x: [0] };
  readonly workgroupSize = [1, 1, 1];

  constructor(
    private readonly compiled: Pipeline,
    public dispatch: readonly number[],
    tensors: readonly TensorInfo[],
  ) {
    this.outputShape = (tensors[0] as TensorInfo).shape;
    this.variableNames = tensors.slice(1).map((_, i) => `v${i}`);
  }

  get pipeline(): Pipeline {
    return this.compiled;
  }

  set pipeline(_theirs: Pipeline) {
    // Ours stays.
  }

  get shaderKey(): string {
    return 'tfnorm';
  }

  set shaderKey(_theirs: string) {
    // tfjs's own cache holds one program for all of ours: the next method's, compiled once and never run.
  }

  getUserCode(): string {
    return 'fn main(index: i32) {}';
  }
}

function record(host: WebGpuBackend, { pipeline, tensors, ints, floats, dispatch }: Work): void {
  const flat = tensors.map(({ dataId, shape }) => ({ dataId, shape: [sizeOf(shape)], dtype: 'float32' as const }));
  const [output, ...inputs] = flat;
  const numbers = [
    ...ints.map((n) => ({ type: 'int32' as const, data: [n] })),
    ...floats.map((n) => ({ type: 'float32' as const, data: [n] })),
  ];
  host.runWebGPUProgram(new FusedProgram(pipeline, dispatch, flat), inputs, 'float32', numbers, output as TensorInfo);
}

const UNIFORM_AND_COPY_DST = 0x48;

/** The same without a program of tfjs's: its pending work goes first, then ours. */
function submit(host: WebGpuBackend, { pipeline, tensors, ints, floats, dispatch }: Work): void {
  for (const { dataId } of tensors) host.uploadToGPU(dataId);
  host.ensureCommandEncoderReady();
  host.endComputePassEncoder();
  host.submitQueue();
  const start = 2 + 2 * tensors.length;
  const data = new ArrayBuffer(4 * (start + ints.length + floats.length));
  new Int32Array(data).set(ints, start);
  new Float32Array(data).set(floats, start + ints.length);
  const { device, queue } = host;
  const uniforms = device.createBuffer({ size: data.byteLength, usage: UNIFORM_AND_COPY_DST });
  queue.writeBuffer(uniforms, 0, data);
  const buffers = [...tensors.map(({ dataId }) => host.tensorMap.get(dataId)?.resource), uniforms];
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(...dispatch);
  pass.end();
  queue.submit([encoder.finish()]);
  uniforms.destroy();
}

/** Workgroups beyond the device's limit go into a second dimension; the surplus returns at once. */
function spread(groups: number, limit: number): [number, number, number] {
  const rows = Math.ceil(groups / limit);
  return [Math.ceil(groups / rows), rows, 1];
}

function expectBindable(tensors: readonly TensorInfo[], { maxStorageBufferBindingSize, maxBufferSize }: Numbers): void {
  const limit = Math.min(maxStorageBufferBindingSize as number, maxBufferSize as number);
  for (const { shape } of tensors) {
    if (4 * sizeOf(shape) <= limit) continue;
    throw new Error(
      `tfjs-normalization: a tensor of shape [${shape}] has ${4 * sizeOf(shape)} bytes, and this WebGPU device takes ${limit} in one buffer.`,
    );
  }
}

function prepare<V extends Readonly<Record<string, number | boolean>>>(
  { device }: WebGpuBackend,
  { pipelines }: DeviceState,
  program: Program<V>,
  variant: V,
  { groups, floats = {}, ...call }: Call,
): Work {
  const [outputs, inputs] = [call.outputs.filter(isThere), call.inputs.filter(isThere)];
  const all = [...outputs, ...inputs];
  const ints = { groups, ...call.ints };
  const tensors = all.map(([, , tensor]) => tensor as TensorInfo);
  expectBindable(tensors, device.limits);
  const names = all.map(([name, type]) => name + type);
  const key = [program.name, Object.values(variant), outputs.length, names].join();
  let pipeline = pipelines.get(key);
  if (!pipeline) {
    const body = program.wgsl(variant, (tensor) => all.some(([name]) => name === tensor));
    const code = declarations(all, outputs.length, ints, floats) + body;
    const compute = { module: device.createShaderModule({ code }), entryPoint: 'main' };
    pipeline = device.createComputePipeline({ layout: 'auto', compute, label: key });
    pipelines.set(key, pipeline);
  }
  const dispatch = spread(groups, device.limits.maxComputeWorkgroupsPerDimension as number);
  const numbers = { ints: Object.values(ints), floats: Object.values(floats) };
  return { pipeline, tensors, ...numbers, dispatch };
}

const TRIAL: Program<Record<string, never>> = {
  name: 'trial',
  wgsl: () => `@compute @workgroup_size(4) fn main(@builtin(local_invocation_index) l: u32) {
  a[l] = 2.0 * x[l] + u.f; b[l] = x[l] * f32(u.n); }`,
};

/**
 * Two outputs of four values, recorded and read back: whether this tfjs does what {@link FusedProgram} relies on. Until
 * the answer is here, and for good where it is no, work is submitted on its own.
 */
async function tryRecording(host: WebGpuBackend, state: DeviceState): Promise<void> {
  state.tried = true;
  const tensors = [undefined, undefined, Float32Array.of(1, 2, 3, 4)].map((v) =>
    host.makeTensorInfo([4], 'float32', v),
  );
  const [a, b, x] = tensors as [TensorInfo, TensorInfo, TensorInfo];
  const outputs = [['a', 'f', a] as const, ['b', 'f', b] as const];
  const call = { groups: 1, outputs, inputs: [['x', 'f', x] as const], ints: { n: 3 }, floats: { f: 0.5 } };
  const { device } = host;
  device.pushErrorScope('validation');
  let reading: Promise<ArrayBuffer>[] = [];
  try {
    record(host, prepare(host, state, TRIAL, {}, call));
    reading = [a, b].map(({ dataId }) => host.getBufferData(host.tensorMap.get(dataId)?.resource as never));
  } catch {
    // Then nothing is read, and the answer is no.
  }
  const refused = device.popErrorScope();
  for (const { dataId } of tensors) host.disposeData(dataId);
  const found = await Promise.all(reading.map(async (data) => [...new Float32Array(await data)].join()));
  if (!(await refused) && found.join(';') === '2.5,4.5,6.5,8.5;3,6,9,12') state.form = 'recorded';
}

/** Runs a program on the backend's device: compiled once a variant, sizes and ε being uniforms. */
export function launch<V extends Readonly<Record<string, number | boolean>>>(
  host: WebGpuBackend,
  program: Program<V>,
  variant: V,
  call: Call,
): void {
  const state = stateOf(host);
  const work = prepare(host, state, program, variant, call);
  if (env().getBool('WEBGPU_ENGINE_COMPILE_ONLY')) return;
  if (!state.tried) tryRecording(host, state).catch(() => undefined);
  (state.form === 'recorded' ? record : submit)(host, work);
}
