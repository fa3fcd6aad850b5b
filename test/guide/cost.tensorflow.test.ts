/** @jest-environment <rootDir>/test/tensorflow/environment.js */
import * as tf from '@tensorflow/tfjs-core';
import { NORMS, normalizationCost } from '../../src/guide/index.js';
import '../../src/index.js';
import { isSetUp, loadTensorFlow } from '../tensorflow/load.js';
import { whereSetUp } from '../whereSetUp.js';
import { computing, forwardOf } from './programs.js';

const EACH = NORMS.flatMap((row) => (['training', 'inference'] as const).map((phase) => [row.id, phase, row] as const));

type Execute = (op: string, ...rest: unknown[]) => unknown;

/** Names of the ops that TensorFlow executes in `f`. */
function opsOf(f: () => void): string[] {
  const backend = tf.backend() as unknown as Record<'executeSingleOutput' | 'executeMultipleOutputs', Execute>;
  const { executeSingleOutput: one, executeMultipleOutputs: many } = backend;
  const ops: string[] = [];
  const noting = (execute: Execute): Execute =>
    function (this: unknown, op, ...rest) {
      ops.push(op);
      return execute.call(backend, op, ...rest);
    };
  Object.assign(backend, { executeSingleOutput: noting(one), executeMultipleOutputs: noting(many) });
  f();
  Object.assign(backend, { executeSingleOutput: one, executeMultipleOutputs: many });
  return ops;
}

whereSetUp('programs on tensorflow', isSetUp(), () => {
  describe('programs on tensorflow', () => {
    beforeAll(async () => {
      await loadTensorFlow();
      await tf.setBackend('tensorflow');
    });

    test.each(EACH)('%s in %s are as many as said', (id, phase, row) => {
      const run = forwardOf(row, phase);
      const ops = opsOf(() => tf.tidy(() => void run()));
      expect(normalizationCost(id, [2, 3, 5, 8]).dispatches.tensorflow[phase]).toBe(computing(ops));
    });
  });
});
