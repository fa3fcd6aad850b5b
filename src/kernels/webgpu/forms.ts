import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Pipeline, WebGpuBackend } from './device.js';

export type Numbers = Readonly<Record<string, number>>;

/** Numbers that are not whole. */
export const isFloat = (name: string): boolean => name === 'n' || name === 'eps';

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

/** What one dispatch needs, whichever form takes it. */
export interface Work {
  readonly pipeline: Pipeline;
  readonly tensors: readonly TensorInfo[];
  readonly numbers: Numbers;
  readonly dispatch: readonly [number, number, number];
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

export function record(host: WebGpuBackend, { pipeline, tensors, numbers, dispatch }: Work): void {
  const flat = tensors.map(({ dataId, shape }) => ({ dataId, shape: [sizeOf(shape)], dtype: 'float32' as const }));
  const [output, ...inputs] = flat;
  const uniforms = Object.entries(numbers).map(([name, value]) => ({
    type: isFloat(name) ? ('float32' as const) : ('int32' as const),
    data: [value],
  }));
  host.runWebGPUProgram(new FusedProgram(pipeline, dispatch, flat), inputs, 'float32', uniforms, output as TensorInfo);
}

const UNIFORM_AND_COPY_DST = 0x48;

/** The same without a program of tfjs's: its pending work goes first, then ours. */
export function submit(host: WebGpuBackend, { pipeline, tensors, numbers, dispatch }: Work): void {
  for (const { dataId } of tensors) host.uploadToGPU(dataId);
  host.ensureCommandEncoderReady();
  host.endComputePassEncoder();
  host.submitQueue();
  const start = 2 + 2 * tensors.length;
  const values = Object.entries(numbers);
  const data = new ArrayBuffer(4 * (start + values.length));
  values.forEach(([name, value], i) => {
    (isFloat(name) ? new Float32Array(data) : new Uint32Array(data))[start + i] = value;
  });
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
