/**
 * Faults that a wrong implementation would have. Each is a few replacements in a copy of `src`, every `find` of which must
 * occur exactly once, so that a fault that no longer applies is noticed. `caughtBy`: the suites that must turn red, as a
 * pattern of test names; a narrow one keeps the run short, and says which check is the one that guards.
 */
const composed = 'src/kernels/composed.ts';
const reduce = 'src/kernels/reduce.ts';
const memory = 'src/layers/memory.ts';

export const FAULTS = [
  {
    name: 'variance as E[x²] − E[x]²',
    edits: [
      {
        file: composed,
        find: "const variance = meanOver(tf.square(values), layout.axes('SKT')); // [B, 1, G, 1, 1]\n  const rstd",
        replace: `const variance = tf.relu(tf.sub(
    meanOver(tf.square(slab), layout.axes('SKT')),
    center ? tf.square(meanOver(slab, layout.axes('SKT'))) : 0,
  ));
  const rstd`,
      },
    ],
    backend: 'composed',
    caughtBy: 'statistics (mean|reported)',
  },
  {
    name: 'γ dropped from dx',
    edits: [
      {
        file: composed,
        find: 'tf.sub(scale(up), meanOfSet(sumUp)) : scale(up)',
        replace: 'tf.sub(up, meanOfSet(sumUp)) : up',
      },
    ],
    backend: 'composed',
    caughtBy: 'gradients first order|laws Σ',
  },
  {
    name: 'memory updated when frozen',
    edits: [
      { file: memory, find: 'kwargs.training === true && !isFrozen(this.layer)', replace: 'kwargs.training === true' },
    ],
    caughtBy: 'conformance (training|frozen)',
  },
  {
    name: 'group boundary shifted by one channel',
    edits: [
      {
        file: 'src/ops/group.ts',
        find: 'return normalize(input, groupView(input.shape, channelAxis, groups), { gamma, beta, epsilon, center: true });',
        replace: `const turn = <T extends tf.Tensor>(t: T, by: number, axis: number): T =>
      tf.gather(t, Array.from({ length: channels }, (_, c) => (c + by + channels) % channels), axis) as T;
    const turned = { gamma: gamma && turn(gamma, 1, 0), beta: beta && turn(beta, 1, 0), epsilon, center: true };
    return turn(normalize(turn(input, 1, channelAxis), groupView(input.shape, channelAxis, groups), turned), -1, channelAxis);`,
      },
    ],
    caughtBy: 'laws the formula',
  },
  {
    name: 'mean not corrected: no pilot',
    edits: [
      {
        file: composed,
        find: '(x) => firstOfEachSet(x, layout)',
        replace: '(x) => tf.zerosLike(firstOfEachSet(x, layout))',
      },
    ],
    backend: 'composed',
    caughtBy: 'laws constant input|statistics mean',
  },
  {
    name: 'ρ not clipped',
    edits: [{ file: 'src/core/gate.ts', find: 'tf.clipByValue(t, 0, 1)', replace: 'tf.clone(t)' }],
    caughtBy: 'laws batch-instance clips',
  },
  {
    name: 'second-order path returning zeros',
    edits: [
      {
        file: 'src/kernels/gradients.ts',
        find: 'return again ? differentiable()',
        replace: 'return again ? differentiable().map((t) => tf.zerosLike(t))',
      },
    ],
    caughtBy: 'gradients second order',
  },
  {
    name: 'epsilon dropped',
    edits: [{ file: reduce, find: 'tf.rsqrt(tf.add(variance, epsilon))', replace: 'tf.rsqrt(variance)' }],
    backend: 'composed',
    caughtBy: 'laws (scale|mean 0)',
  },
  {
    name: 'variance divided by n − 1',
    edits: [
      {
        file: composed,
        find: "const variance = meanOver(tf.square(values), layout.axes('SKT')); // [B, 1, G, 1, 1]\n  const rstd",
        replace:
          "const size = layout.size('SKT');\n  const variance = tf.mul(meanOver(tf.square(values), layout.axes('SKT')), size / (size - 1));\n  const rstd",
      },
    ],
    backend: 'composed',
    caughtBy: 'laws the formula|laws mean 0',
  },
  {
    name: 'mask ignored',
    edits: [{ file: memory, find: 'ways.fromBatch(mask)', replace: 'ways.fromBatch(undefined)' }],
    caughtBy: 'conformance padding',
  },
  {
    name: 'a stale mask used',
    edits: [
      {
        file: memory,
        find: 'return mask.shape.every((size, i) => size === x.shape[i]) ? mask : undefined;',
        replace: 'return mask;',
      },
    ],
    caughtBy: 'conformance a stale mask',
  },
  {
    name: 'momentum inverted',
    edits: [{ file: memory, find: 'this.write(seen, this.momentum)', replace: 'this.write(seen, 1 - this.momentum)' }],
    caughtBy: 'laws momentum',
  },
  {
    name: 'a NaN remembered',
    edits: [
      {
        file: memory,
        find: 'variable.write(tf.where(tf.reshape(finite, old.shape), moved, old))',
        replace: 'variable.write(moved)',
      },
    ],
    caughtBy: 'conformance a spoilt channel',
  },
  {
    name: 'softmax that loses its second derivative',
    edits: [
      {
        file: 'src/kernels/mix.ts',
        find: 'return tf.div(powers, tf.sum(powers));',
        replace: 'return tf.softmax(logits);',
      },
    ],
    caughtBy: 'gradients second order',
  },
  {
    name: 'between-variance left out of a mixture',
    edits: [{ file: 'src/kernels/mix.ts', find: 'variance: tf.add(within, between)', replace: 'variance: within' }],
    backend: 'composed',
    caughtBy: 'laws the formula|laws switchable',
  },
  {
    name: 'between-variance left out where JavaScript mixes',
    edits: [
      {
        file: 'src/kernels/host/totals.ts',
        find: 'squares += at(variance, j) + off * off;',
        replace: 'squares += at(variance, j) + 0 * off;',
      },
    ],
    caughtBy: 'laws the formula|laws switchable',
  },
  {
    name: 'the share of a gate taken for constant in its gradient',
    edits: [
      {
        file: 'src/kernels/host/gate.ts',
        find: 'const dwhole = at(drstd, i) - dshare * share;',
        replace: 'const dwhole = at(drstd, i);',
      },
    ],
    caughtBy: 'gradients (first order|of odd shapes)',
  },
  {
    name: 'a mixture on wasm that forgets the mean’s path into dx',
    edits: [
      {
        file: 'src/kernels/wasm/mixture.ts',
        find: 'into[sets + i] = -(gradient.mean[i] as number) / n - h * (e[i] as number);',
        replace: 'into[sets + i] = -h * (e[i] as number);',
      },
    ],
    backend: 'wasm',
    caughtBy: 'gradients (first order|of odd shapes)',
  },
  {
    name: 'long sums in one accumulator',
    edits: [{ file: reduce, find: 'if (n <= BLOCK) return', replace: 'if (n > 0) return' }],
    backend: 'composed',
    caughtBy: 'statistics a million values|sum of',
    files: ['test/suites.wasm.test.ts', 'test/kernels/reduce.test.ts'],
  },
  {
    name: 'wasm: the gradients of γ and β exchanged',
    edits: [
      {
        file: 'src/kernels/wasm/kernels.ts',
        find: 'const [dx, dgamma = 0, dbeta = 0] = outputs',
        replace: 'const [dx, dbeta = 0, dgamma = 0] = outputs',
      },
    ],
    backend: 'wasm',
    caughtBy: 'gradients first order',
  },
  {
    name: 'wasm: scratch too small for the lanes',
    edits: [{ file: 'src/kernels/wasm/slab.ts', find: '16 + 32 * lanes(view) + 16 * C', replace: '0' }],
    backend: 'wasm',
    caughtBy: '',
    files: ['test/kernels/wasm/scratch.test.ts'],
  },
  {
    name: 'cpu: rounding of the mean lost on the way to the wasm kernels',
    edits: [{ file: 'src/kernels/cpu/staged.ts', find: 'mean - rounded;', replace: '0;' }],
    caughtBy: 'large mean',
    files: ['test/kernels/cpu/staged.test.ts'],
  },
  {
    name: 'cpu: the last chunk left out',
    edits: [
      {
        file: 'src/kernels/cpu/staged.ts',
        find: 'b < view.B; b += samples',
        replace: 'b + samples <= view.B; b += samples',
      },
    ],
    caughtBy: 'several chunks',
    files: ['test/kernels/cpu/staged.test.ts'],
  },
  {
    name: 'tensorflow: the variance of a running average remembered',
    edits: [
      {
        file: 'src/kernels/tensorflow/raw.ts',
        find: 'const [y, , , mean, variance] = found as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];',
        replace: 'const [y, , variance, mean] = found as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];',
      },
    ],
    backend: 'tensorflow',
    caughtBy: 'the biased variance',
  },
  {
    name: 'tensorflow: far means left to the fused ops',
    edits: [
      {
        file: 'src/kernels/tensorflow/measure.ts',
        find: 'mean * mean > far * far * variance',
        replace: 'mean * mean * far < 0 * variance',
      },
    ],
    backend: 'tensorflow',
    caughtBy: 'a mean of 1000',
  },
  {
    name: 'tensorflow: an op that gives nothing taken at its word',
    edits: [
      {
        file: 'src/kernels/tensorflow/probe.ts',
        find: 'if (y.size !== ROWS.length) return false;\n  const found = Array.from(backend.readSync(y.dataId));\n  return expected().every(',
        replace:
          'const found = Array.from(backend.readSync(y.dataId));\n  return found.every((_, i) => Boolean(expected()[i])) || expected().every(',
      },
    ],
    backend: 'tensorflow',
    caughtBy: 'gives nothing',
  },
  {
    name: 'a tensor kept by every forward pass',
    edits: [
      {
        file: 'src/core/normalize.ts',
        find: "run('Normalize', withAffine({ x }, options), { view, epsilon, center, keep })[0]",
        replace:
          "tf.keep(run('Normalize', withAffine({ x }, options), { view, epsilon, center, keep })[0] as tf.Tensor).clone()",
      },
    ],
    caughtBy: 'memory forward',
  },
];
