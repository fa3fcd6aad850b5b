import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../models/digits/backend.js';
import { wasmKernels } from '../../../src/kernels/wasm/kernels.js';
import { functionsOf, moduleBytes, type WasmBackend } from '../../../src/kernels/wasm/module.js';
import { layerNorm } from '../../../src/ops/index.js';

beforeAll(() => useBackend('wasm'));

const names = (bytes: Uint8Array<ArrayBuffer>) =>
  WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name);

describe.each([false, true])('for shared memory: %s', (isShared) => {
  test('the module is valid, imports a memory and nothing else, and exports functions only', () => {
    const module = new WebAssembly.Module(moduleBytes(isShared));
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    expect(WebAssembly.Module.exports(module).every(({ kind }) => kind === 'function')).toBe(true);
    expect(names(moduleBytes(isShared))).toEqual(names(moduleBytes(false)));
  });

  test('it takes the memory it names, and no other', () => {
    const memory = (shared: boolean) => new WebAssembly.Memory({ initial: 1, maximum: 65536, shared });
    const module = new WebAssembly.Module(moduleBytes(isShared));
    expect(() => new WebAssembly.Instance(module, { env: { memory: memory(!isShared) } })).toThrow(
      WebAssembly.LinkError,
    );
    const { normalizeRows } = new WebAssembly.Instance(module, { env: { memory: memory(isShared) } }).exports;
    expect(typeof normalizeRows).toBe('function');
  });

  test('it computes', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: isShared });
    const module = new WebAssembly.Module(moduleBytes(isShared));
    const { normalizeRows } = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
      string,
      (...n: number[]) => void
    >;
    const floats = new Float32Array(memory.buffer);
    floats.set([1, 2, 3, 4, 5, 6], 0); // 8-byte alignment is all that malloc gives
    normalizeRows?.(0, 24, 0, 0, 2, 1, 3, 0, 1, 0, 0, 0, 1024);
    const side = Math.sqrt(1.5);
    for (const [i, v] of [-side, 0, side, -side, 0, side].entries()) expect(floats[6 + i]).toBeCloseTo(v, 6);
  });
});

test('where the memory cannot be reached the composed kernels run, after one warning that says why', () => {
  const warning = jest.spyOn(console, 'warn').mockImplementation(() => {});
  for (const wasm of [
    {},
    { asm: {} },
    { asm: { memory: {} } },
    { wasmMemory: new WebAssembly.Memory({ initial: 1 }) },
  ]) {
    const backend = { wasm } as unknown as WasmBackend;
    expect(functionsOf(backend)).toBe(null);
    expect(functionsOf(backend)).toBe(null);
  }
  expect(warning).toHaveBeenCalledTimes(4);
  expect(warning.mock.calls[0]?.[0]).toMatch(
    /composed operations take the place of wasm kernels \(.*does not show its memory\)/,
  );
  warning.mockRestore();
});

test('without SIMD too', () => {
  const warning = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const stock = WebAssembly.Module;
  WebAssembly.Module = class {
    constructor() {
      throw new WebAssembly.CompileError('no SIMD');
    }
  } as unknown as typeof WebAssembly.Module;
  const { wasm } = tf.backend() as unknown as WasmBackend;
  expect(functionsOf({ wasm } as WasmBackend)).toBe(null);
  WebAssembly.Module = stock;
  expect(warning.mock.calls[0]?.[0]).toContain('(no SIMD)');
  warning.mockRestore();
});

test('one dispatch a call', async () => {
  const x = tf.ones([2, 8]);
  const { kernels } = await tf.profile(() => layerNorm(x));
  expect(kernels.map(({ name }) => name)).toEqual(['tfnorm.Normalize']);
  x.dispose();
});

test('a backend that is removed and registered again is served from its own memory', async () => {
  const values = () => tf.tidy(() => layerNorm(tf.tensor2d([1, 2, 3, 4, 5, 9], [2, 3])).dataSync());
  const expected = Array.from(values());
  const old = tf.backend();
  const factory = tf.findBackendFactory('wasm') as () => Promise<tf.KernelBackend>;
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', factory, 2);
  await tf.setBackend('wasm');
  expect(tf.backend()).not.toBe(old);
  expect(Array.from(values())).toEqual(expected);
});

test('a call that fails in the middle leaves nothing allocated', () => {
  const x = tf.ones([2, 8]);
  const host = tf.backend() as unknown as WasmBackend;
  const before = (host as unknown as tf.KernelBackend).numDataIds();
  const functions = functionsOf(host) as { normalizeRows: (...n: number[]) => void };
  const failing = {
    ...functions,
    normalizeRows: () => {
      throw new Error('trap');
    },
  };
  const broken = Object.assign(Object.create(host) as WasmBackend, { wasm: host.wasm });
  const symbol = Object.getOwnPropertySymbols(host).find((s) => s.description === 'tfnorm.functions') as symbol;
  Object.defineProperty(broken, symbol, { value: failing });
  const run = () =>
    wasmKernels.Normalize?.run(
      { x },
      { view: { B: 2, S: 1, G: 1, K: 8, T: 1 }, epsilon: 1e-3, center: true, keep: 'moments' },
      broken,
    );
  expect(run).toThrow('trap');
  expect((host as unknown as tf.KernelBackend).numDataIds()).toBe(before);
  x.dispose();
});

test('a million sets', () => {
  const n = 1_000_003;
  const y = tf.tidy(() => tf.max(tf.abs(layerNorm(tf.ones([n, 3])))).dataSync());
  expect(y[0]).toBe(0);
  const one = tf.tidy(() =>
    Array.from(tf.slice(layerNorm(tf.tile(tf.tensor2d([[1, 2, 4]]), [n, 1])), [n - 1, 0], [1, 3]).dataSync()),
  );
  expect(one[2]).toBeCloseTo((4 - 7 / 3) / Math.sqrt(14 / 9 + 1e-3), 5);
});
