import '@tensorflow/tfjs-backend-cpu';
import * as core from '@tensorflow/tfjs-core';
import * as layersPackage from '@tensorflow/tfjs-layers';
import { type Facts, recommendNormalization } from '../../src/guide/index.js';
import * as pack from '../../src/index.js';
import { NORMS } from '../../src/norms.js';
import { numbers, randomFacts } from './facts.js';

const tf = { ...core, ...layersPackage };
const MODULES: Readonly<Record<string, unknown>> = { '@tensorflow/tfjs': tf, 'tfjs-normalization': pack };

/** Ops as methods, as the package `@tensorflow/tfjs` has them: the host's recurrent layers call some. */
function chainOps(): void {
  const prototype = core.Tensor.prototype as unknown as Record<string, unknown>;
  for (const [name, op] of Object.entries({ ...core, flatten: (x: core.Tensor) => core.reshape(x, [-1]) })) {
    if (typeof op !== 'function' || name in prototype) continue;
    prototype[name] = function (this: core.Tensor, ...args: unknown[]) {
      return (op as (...all: unknown[]) => unknown)(this, ...args);
    };
  }
}

/** Runs a program as printed, its imports read from the modules above, and returns its model. */
function run(code: string): layersPackage.LayersModel {
  const scope: Record<string, unknown> = {};
  const body = code.replace(/^import (?:\* as (\w+)|\{ (\w+) \}) from '([^']+)';$/gm, (_, all, one, from) => {
    const module = MODULES[from] as Record<string, unknown>;
    if (module === undefined || (one && module[one] === undefined)) throw new Error(`no ${one} in ${from}`);
    scope[all ?? one] = all ? module : module[one];
    return '';
  });
  expect(body).not.toMatch(/^import/m);
  return new Function(...Object.keys(scope), `'use strict';${body}\nreturn model;`)(...Object.values(scope));
}

/** Every program the guide can print, or nearly: those of thousands of facts, and of every norm at every rank. */
function programs(): Map<string, { norm: string; facts: Facts }> {
  const random = numbers(11);
  const found = new Map<string, { norm: string; facts: Facts }>();
  const add = (given: Facts) => {
    // The host takes ten seconds for the initial weights of a larger recurrent layer.
    const facts = given.architecture === 'rnn' && (given.channels ?? 0) > 16 ? { ...given, channels: 16 } : given;
    try {
      const { code, norm } = recommendNormalization(facts);
      found.set(code, { norm, facts });
    } catch {
      // in conflict
    }
  };
  for (let i = 0; i < 2000; i++) add(randomFacts(random));
  for (const architecture of ['cnn', 'feedForward', 'rnn', 'transformer', 'visionTransformer'] as const) {
    for (const pretrained of [...NORMS.map(({ id }) => id), 'none'] as const) {
      for (const rank of [2, 3, 4, 5, 6]) add({ architecture, pretrained, rank, channels: 6, batchSize: 64 });
    }
  }
  return found;
}

/** The program does what its placement says: weights without a bias that β replaces, norm, activation; or first in a branch. */
function expectPlaced(code: string, norm: string): void {
  const row = NORMS.find(({ id }) => id === norm);
  const lines = code.split('\n');
  const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
  if (row?.of !== 'activations') return;
  const call = at(/Normalization\(\{?.*\)(\);|\.apply\(input\);)$/);
  if (code.includes('tf.input(')) {
    expect(lines[call]).toMatch(/\.apply\(input\);$/);
    expect(code).toContain('tf.layers.add().apply([input, branch])');
    return;
  }
  const linear = at(/model\.add\((weightNormalization\(\{ layer: )?tf\.layers\.(dense|conv\dd|lstm)/);
  const activation = at(/activation: 'relu'/);
  const norms = lines.findIndex((line, i) => i > linear && /^model\.add\(\w+Normalization\(/.test(line));
  expect(norms).toBe(linear + 1);
  if (lines[linear]?.includes('lstm')) return;
  expect(activation).toBe(norms + 1);
  const hasBeta = row.weights.some(({ name }) => name === 'beta');
  expect(lines[linear]?.includes('useBias: false')).toBe(hasBeta);
}

beforeAll(async () => {
  chainOps();
  await core.setBackend('cpu');
});
const all = [...programs()];

test('there are many programs, of every norm', () => {
  expect(all.length).toBeGreaterThan(100);
  const norms = new Set(all.map(([, { norm }]) => norm));
  expect(norms.size).toBe(NORMS.length + 1);
});

test.each(all.map(([code, { facts, norm }]) => [JSON.stringify(facts), code, norm, facts] as const))(
  '%s',
  (_, code, norm, facts) => {
    core.engine().startScope();
    try {
      const model = run(code);
      const { shape } = model.inputs[0] as layersPackage.SymbolicTensor;
      const output = model.predict(core.randomNormal(shape.map((size) => size ?? 2))) as core.Tensor;
      expect(Array.from(output.dataSync()).every(Number.isFinite)).toBe(true);
      const row = NORMS.find(({ id }) => id === norm);
      const names = row ? [row.className, row.stockClassName] : ['Activation', 'LSTM'];
      expect(model.layers.some((layer) => names.includes(layer.getClassName()))).toBe(true);
      expect(output.rank).toBe(facts.rank ?? output.rank);
      const channels = output.shape[output.rank - 1];
      if (facts.position !== 'beforeOutput') expect(channels).toBe(facts.channels ?? channels);
      expectPlaced(code, norm);
    } finally {
      core.engine().endScope();
    }
  },
);
