import * as tf from '@tensorflow/tfjs-core';

/** f(x) forward; backward the gradient passes as it is, times `factor`. */
function straightThrough(x: tf.Tensor, f: (x: tf.Tensor) => tf.Tensor, factor: number): tf.Tensor {
  const through = tf.customGrad((...args) => ({
    value: f(args[0] as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => (factor === 1 ? tf.clone(dy) : tf.mul(dy, factor)),
  }));
  return through(x);
}

/**
 * A gate is used as clip(ρ, 0, 1). Its gradient goes straight through: the gradient of a plain clip is 0 outside [0, 1],
 * and ρ starts at exactly 1, so that one step outward would freeze it for ever.
 *
 * @param factor Scales the gradient: for SGD and momentum the same as a learning rate of its own.
 */
export function clipGate(rho: tf.Tensor, factor = 1): tf.Tensor1D {
  return straightThrough(rho, (t) => tf.clipByValue(t, 0, 1), factor) as tf.Tensor1D;
}
