import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../models/digits/backend.js';
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
