import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelName, SlabView } from '../../../src/kernels/contract.js';
import { webgpuKernels } from '../../../src/kernels/webgpu/kernels.js';
import { slabOf, tilesOf } from '../../../src/kernels/webgpu/slab.js';
import { folding } from '../../../src/kernels/webgpu/slabForward.js';
import { smallTiles } from '../../../src/kernels/webgpu/small.js';
import { name, views } from '../cases.js';
import { sizeOf } from '../reference.js';
import { type Fake, fakeBackend } from './fake.js';

/** What can be said of the kernels without a GPU; what they compute is looked at where there is one. */

const VIEWS: readonly SlabView[] = [
  ...views(60, 5),
  { B: 1, S: 784, G: 256, K: 1, T: 1 },
  { B: 2, S: 50000, G: 2, K: 300, T: 1 },
  { B: 2, S: 1, G: 1, K: 100003, T: 1 },
  { B: 70001, S: 1, G: 1, K: 1028, T: 1 }, // more rows than a dimension has workgroups
];

type Run = (inputs: object, attrs: object, backend: object) => TensorInfo[];
const run = (kernel: KernelName) => webgpuKernels[kernel]?.run as unknown as Run;

/** Every kernel with everything it can be asked for, the most tensors at once. */
function runAll({ backend, tensor }: Fake, view: SlabView): void {
  const { B, G, K, S } = view;
  const [x, dy] = [tensor([sizeOf(view)]), tensor([sizeOf(view)])];
  const [gamma, beta] = [tensor([G * K]), tensor([G * K])];
  const [mean, variance] = [tensor([B, G]), tensor([B, G])];
  const attrs = { view, epsilon: 1e-3, center: true, affine: true };
  const saved = run('Normalize')({ x, gamma, beta }, { ...attrs, keep: 'moments' }, backend)[1];
  run('NormalizeGrad')({ x, dy, gamma, saved }, attrs, backend);
  run('Moments')({ x }, { ...attrs, keep: 'saved' }, backend);
  run('MomentsGrad')({ x, dmean: mean, dvariance: variance, saved }, attrs, backend);
  run('ApplyStatistics')({ x, mean, variance, gamma, beta }, attrs, backend);
  run('ApplyStatisticsGrad')({ x, dy, mean, variance, gamma }, attrs, backend);
  if (K > 1) return;
  const memory = { memoryMean: tensor([G]), memoryVariance: tensor([G]) };
  const gate = { ...attrs, by: 'rstd', statistics: [] };
  const switching = { ...attrs, by: 'variance', statistics: ['batch', 'layer', 'instance'] };
  const logits = { meanWeight: tensor([3]), varianceWeight: tensor([3]) };
  for (const [weights, options] of [
    [{ rho: tensor([G]) }, gate],
    [logits, switching],
  ] as const) {
    for (const given of [{}, memory]) {
      const keep = given === memory ? 'saved' : 'moments';
      const inputs = { x, gamma, ...weights, ...given };
      const [, state] = run('Mixture')({ ...inputs, beta }, { ...options, keep }, backend);
      run('MixtureGrad')({ ...inputs, dy, saved: state }, options, backend);
    }
  }
  expect(S).toBeGreaterThan(0);
}

describe.each(VIEWS.map((view) => [name(view), view] as const))('%s', (_, view) => {
  test('eight tensors a shader at most, and as many workgroups as a dimension has', () => {
    const fake = fakeBackend();
    runAll(fake, view);
    for (const { bindings, groups } of fake.dispatches) {
      expect(bindings - 1).toBeLessThanOrEqual(8);
      for (const count of groups) expect(count).toBeLessThanOrEqual(65535);
    }
  });

  test('tiles cover every channel and position, and the sets they fold have lanes', () => {
    const slab = slabOf(view);
    const tiles = tilesOf(slab, view.B, view.K);
    expect(tiles.tiles * tiles.tc).toBeGreaterThanOrEqual(slab.C);
    expect(tiles.P * tiles.step).toBeGreaterThanOrEqual(slab.Q);
    expect((tiles.P - 1) * tiles.step).toBeLessThan(slab.Q);
    expect(tiles.tl + tiles.cl).toBeLessThanOrEqual(8);
    const { near, per } = folding(view, tiles);
    expect(near * per).toBeLessThanOrEqual(256);
    const small = smallTiles(view, slab);
    if (small) expect((small.tc * (slab.isAcross ? 4 : 1)) % view.K).toBe(0);
  });
});

test('more rows than a dimension has workgroups: one dispatch forward, two with all gradients', () => {
  const fake = fakeBackend();
  const view = { B: 70001, S: 1, G: 1, K: 1028, T: 1 };
  const [x, dy, gamma] = [fake.tensor([70001, 1028]), fake.tensor([70001, 1028]), fake.tensor([1028])];
  const attrs = { view, epsilon: 1e-3, center: true, affine: true, keep: 'saved' };
  const [, saved] = run('Normalize')({ x, gamma }, attrs, fake.backend);
  expect(fake.dispatches.splice(0).map(({ groups }) => groups)).toEqual([[35001, 2, 1]]);
  run('NormalizeGrad')({ x, dy, gamma, saved }, attrs, fake.backend);
  expect(fake.dispatches).toHaveLength(2);
});

test('what kernels make on their way is freed', () => {
  const fake = fakeBackend();
  const view = { B: 3, S: 5000, G: 6, K: 1, T: 1 };
  const x = fake.tensor([sizeOf(view)]);
  const before = fake.live.size;
  run('Normalize')({ x }, { view, epsilon: 1e-3, center: true, keep: 'moments' }, fake.backend);
  expect(fake.live.size - before).toBe(4);
});

describe('accepts', () => {
  const view = { B: 2, S: 1, G: 1, K: 8, T: 1 };
  const attrs = { view, epsilon: 1e-3, center: true, keep: 'none' } as const;
  const accepts = ({ backend }: Fake, inputs: { x: Tensor; saved?: Tensor }) =>
    webgpuKernels.Normalize?.accepts?.(inputs, attrs, backend);

  test('floats on a device that is large enough', () => {
    const fake = fakeBackend();
    expect(accepts(fake, { x: fake.tensor([2, 8]) })).toBe(true);
    // tfjs casts integers to floats by calling them so.
    expect(accepts(fake, { x: fake.tensor([2, 8], 'int32') })).toBe(false);
    const compatible = fakeBackend({ maxStorageBuffersPerShaderStage: 4 });
    expect(accepts(compatible, { x: compatible.tensor([2, 8]) })).toBe(false);
  });

  test('what another kernel saved is declined', () => {
    const fake = fakeBackend();
    expect(accepts(fake, { x: fake.tensor([2, 8]), saved: fake.tensor([2, 2, 1]) })).toBe(true);
    for (const shape of [[2, 2], [2], [2, 2, 1, 1]])
      expect(accepts(fake, { x: fake.tensor([2, 8]), saved: fake.tensor(shape) })).toBe(false);
  });

  test('a lost device is an error that says so', async () => {
    const fake = fakeBackend();
    const x = fake.tensor([2, 8]);
    expect(accepts(fake, { x })).toBe(true);
    await fake.lose('somebody unplugged it');
    expect(() => accepts(fake, { x })).toThrow(/device was lost \(somebody unplugged it\).*another backend/);
  });

  test('a tensor larger than a buffer is an error that says so', () => {
    const fake = fakeBackend({ maxStorageBufferBindingSize: 63 });
    const x = fake.tensor([2, 8]);
    const before = fake.live.size;
    expect(() => accepts(fake, { x })).toThrow(/\[2,8\] has 64 bytes/);
    expect(fake.live.size).toBe(before);
  });

  test('so is what a kernel makes on its way', () => {
    const fake = fakeBackend({ maxBufferSize: 64 });
    const view = { B: 4, S: 1, G: 4, K: 1, T: 1 };
    const [x, dy] = [fake.tensor([4, 4]), fake.tensor([4, 4])];
    const [mean, variance] = [fake.tensor([4, 4]), fake.tensor([4, 4])];
    const grad = () => run('ApplyStatisticsGrad')({ x, dy, mean, variance }, { view, epsilon: 1 }, fake.backend);
    expect(grad).toThrow(/\[2,4,1,4\] has 128 bytes/);
  });
});
