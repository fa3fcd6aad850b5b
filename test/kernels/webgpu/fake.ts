import { env, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';

/** A webgpu backend without a GPU: it keeps what it is asked to run, and runs nothing. */
export interface Dispatch {
  /** Storage buffers and the uniforms. */
  readonly bindings: number;
  readonly groups: readonly number[];
}

export interface Fake {
  readonly backend: object;
  readonly dispatches: Dispatch[];
  /** WGSL of every shader that was compiled. */
  readonly sources: string[];
  readonly live: Set<object>;
  tensor(shape: number[], dtype?: string): Tensor;
  lose(message: string): Promise<void>;
}

// The backend registers it, where there is one.
env().registerFlag('WEBGPU_ENGINE_COMPILE_ONLY', () => false);

const LIMITS = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeWorkgroupsPerDimension: 65535,
  maxStorageBufferBindingSize: 2 ** 30,
  maxBufferSize: 2 ** 30,
};

export function fakeBackend(limits: Partial<typeof LIMITS> = {}): Fake {
  const dispatches: Dispatch[] = [];
  const sources: string[] = [];
  const live = new Set<object>();
  const dtypes = new Map<object, string>();
  let lose: (info: { message: string }) => void = () => undefined;
  let bound: readonly unknown[] = [];
  const pass = {
    setPipeline: () => undefined,
    setBindGroup: () => undefined,
    dispatchWorkgroups: (...groups: number[]) => dispatches.push({ bindings: bound.length, groups }),
    end: () => undefined,
  };
  const make = (shape: number[], dtype: string): TensorInfo => {
    const dataId = {};
    live.add(dataId);
    dtypes.set(dataId, dtype);
    return { dataId, shape, dtype } as TensorInfo;
  };
  const device = {
    limits: { ...LIMITS, ...limits },
    lost: new Promise((resolve) => {
      lose = resolve;
    }),
    createShaderModule: ({ code }: { code: string }) => sources.push(code),
    createComputePipeline: () => ({ getBindGroupLayout: () => ({}) }),
    createBindGroup: ({ entries }: { entries: unknown[] }) => {
      bound = entries;
      return {};
    },
    createBuffer: () => ({ destroy: () => undefined }),
    createCommandEncoder: () => ({ beginComputePass: () => pass, finish: () => ({}) }),
    pushErrorScope: () => undefined,
    popErrorScope: async () => null,
  };
  const nothing = () => undefined;
  const backend = {
    device,
    queue: { writeBuffer: nothing, submit: nothing },
    tensorMap: { get: (dataId: object) => ({ dtype: dtypes.get(dataId), resource: {} }) },
    makeTensorInfo: make,
    disposeData: (dataId: object) => live.delete(dataId),
    uploadToGPU: nothing,
    ensureCommandEncoderReady: nothing,
    endComputePassEncoder: nothing,
    submitQueue: nothing,
    getBufferData: async () => new ArrayBuffer(16),
    runWebGPUProgram: nothing,
  };
  return {
    backend,
    dispatches,
    sources,
    live,
    tensor: (shape, dtype = 'float32') => ({ ...make(shape, dtype), rank: shape.length }) as unknown as Tensor,
    lose: async (message) => {
      lose({ message });
      await device.lost;
    },
  };
}
