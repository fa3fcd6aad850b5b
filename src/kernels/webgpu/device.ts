import type { TensorInfo } from '@tensorflow/tfjs-core';

/** What is used of WebGPU: the host's own types would have to be installed. */
export interface Pipeline {
  getBindGroupLayout(index: number): object;
}

interface Buffer {
  readonly size: number;
  destroy(): void;
}

interface Pass {
  setPipeline(pipeline: Pipeline): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(...count: readonly number[]): void;
  end(): void;
}

export interface Device {
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly message: string }>;
  createShaderModule(of: { code: string }): object;
  createComputePipeline(of: object): Pipeline;
  createBindGroup(of: object): object;
  createBuffer(of: { size: number; usage: number }): Buffer;
  createCommandEncoder(): { beginComputePass(): Pass; finish(): object };
  pushErrorScope(filter: 'validation'): void;
  popErrorScope(): Promise<object | null>;
}

/** What is used of tfjs's webgpu backend, all of it public. */
export interface WebGpuBackend {
  readonly device: Device;
  readonly queue: {
    writeBuffer(buffer: Buffer, offset: number, data: ArrayBuffer): void;
    submit(commands: object[]): void;
  };
  readonly tensorMap: { get(dataId: object): { readonly resource?: Buffer; readonly dtype: string } | undefined };
  makeTensorInfo(shape: readonly number[], dtype: 'float32', values?: Float32Array): TensorInfo;
  disposeData(dataId: object): boolean;
  uploadToGPU(dataId: object): void;
  getBufferData(buffer: Buffer): Promise<ArrayBuffer>;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  runWebGPUProgram(
    program: object,
    inputs: readonly TensorInfo[],
    dtype: 'float32',
    uniforms: readonly { type: 'int32' | 'float32'; data: number[] }[],
    output: TensorInfo,
  ): TensorInfo;
}

/**
 * How work is handed over: recorded among tfjs's own, or submitted on its own, which costs two submissions; null where
 * neither is possible.
 */
export type Form = 'recorded' | 'submitted' | null;

/** What is known of a device; with a new device everything begins anew. */
export interface DeviceState {
  readonly pipelines: Map<string, Pipeline>;
  form: Form;
  /** Whether it has been tried which form works. */
  tried: boolean;
  /** Why the device was lost, once it is. */
  lost: string | undefined;
}

const METHODS = [
  'makeTensorInfo',
  'disposeData',
  'uploadToGPU',
  'ensureCommandEncoderReady',
  'endComputePassEncoder',
  'submitQueue',
] as const;
/** WebGPU's own minimum; a compatibility device can have less. */
const NEEDED: Readonly<Record<string, number>> = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
};

/** Whether the backend is the one we know, on a device that is large enough. */
function isServed(host: WebGpuBackend): boolean {
  if (METHODS.some((name) => typeof host[name] !== 'function')) return false;
  return Object.entries(NEEDED).every(([name, least]) => (host.device.limits[name] as number) >= least);
}

const states = new WeakMap<object, DeviceState>();

/** The state of the backend's device. A device that was lost says so: results of it would never arrive. */
export function stateOf(host: WebGpuBackend): DeviceState {
  let state = states.get(host.device);
  if (!state) {
    const made: DeviceState = {
      pipelines: new Map(),
      form: isServed(host) ? 'submitted' : null,
      tried: false,
      lost: undefined,
    };
    host.device.lost?.then(({ message }) => {
      made.lost = message || 'no reason given';
    });
    states.set(host.device, made);
    state = made;
  }
  if (state.lost !== undefined) {
    throw new Error(
      `tfjs-normalization: the WebGPU device was lost (${state.lost}). Register the backend again with a new device, or set another backend.`,
    );
  }
  return state;
}
