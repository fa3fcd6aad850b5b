import { type Check, expectEqual, expectThrows, expectTrue, type Suite } from './harness.js';
import { BAD_LAYERS } from './refused/layers.js';
import { BAD_OPS } from './refused/ops.js';
import { type Refusal, two } from './refused/refusal.js';
import { ACTIVATIONS, free, makeLayer } from './subjects.js';

/** Every input the pack refuses, by op and by layer: what its error says, and that nothing has changed. */

/** `[subject] rule. Received …. advice`, with nothing left to fill in. */
const FORM = /^\[[^\]]+\] [^.]+.*\. Received .+\. .+\.?$/s;

function messages(cases: readonly Refusal[], kind: string): Check[] {
  return cases.map(({ name, call, says, error }) => ({
    name: `${kind}, ${name}`,
    run(tf, pack) {
      const { message } = tf.tidy(() => ({ message: expectThrows(() => call(tf, pack), says, error).message }));
      expectTrue(
        error !== undefined || FORM.test(message),
        `not of the form [subject] rule. Received …. advice: ${message}`,
      );
      expectTrue(
        !/undefined|\$\{|\[object|NaN to/.test(message.replace('layer=undefined', '')),
        `something is not filled in: ${message}`,
      );
    },
  }));
}

function refuses(call: () => unknown): boolean {
  try {
    call();
  } catch {
    return true;
  }
  return false;
}

/** Calls of a built layer that are refused change no weight. */
const unchanged: Check[] = ACTIVATIONS.map((row) => ({
  name: `refused calls change no weight: ${row.id}`,
  async run(tf, pack) {
    const layer = makeLayer(tf, pack, row, two(row));
    tf.tidy(() => void layer.apply(tf.ones([2, 4, 6]), { training: true }));
    const values = () => Promise.all(layer.weights.map(async (w) => Array.from(await w.read().data())));
    const before = await values();
    tf.tidy(() => {
      const calls = [
        () => layer.apply(tf.ones([2, 4, 5]), { training: true }), // other channels
        () => layer.apply(tf.ones([2, 4, 4, 6]), { training: true }), // another rank
        () => layer.setWeights([]), // too few
        () => layer.setWeights([...layer.getWeights(), tf.ones([6])]), // too many
        () => layer.setWeights(layer.getWeights().map(() => tf.ones([7]))), // the wrong shape
      ];
      for (const call of calls) expectTrue(refuses(call), `${call} must be refused`);
    });
    expectEqual(await values(), before, 'weights');
    free(layer);
  },
}));

export const badInput: Suite = {
  name: 'bad input',
  checks: [...messages(BAD_OPS, 'op'), ...messages(BAD_LAYERS, 'layer'), ...unchanged],
};
