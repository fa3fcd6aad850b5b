import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from './task.js';

type Numbers4D = [number, number, number, number];

/** How many pixels a convolution adds before the first row or column, and how many rows or columns it makes. */
function window(size: number, kernel: number, stride: number, pad: string): { before: number; out: number } {
  if (pad === 'valid') return { before: 0, out: Math.ceil((size - kernel + 1) / stride) };
  const out = Math.ceil(size / stride);
  return { before: Math.floor(Math.max(0, (out - 1) * stride + kernel - size) / 2), out };
}

/**
 * dW of a convolution: for each place in the kernel, the input shifted by it times dy. The wasm backend of
 * TensorFlow.js 4.22 has every kernel a convolution needs to train but this one.
 */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, stride: number, pad: string, shape: Numbers4D): tf.Tensor {
  const [height, width, inputs, outputs] = shape;
  const [batch, h, w] = x.shape;
  const rows = window(h, height, stride, pad);
  const columns = window(w, width, stride, pad);
  const [needH, needW] = [(rows.out - 1) * stride + height, (columns.out - 1) * stride + width];
  const after = [Math.max(0, needH - h - rows.before), Math.max(0, needW - w - columns.before)];
  const borders = [
    [0, 0],
    [rows.before, after[0]],
    [columns.before, after[1]],
    [0, 0],
  ] as [number, number][];
  const padded = tf.pad(x, borders); // [batch, ≥ needH, ≥ needW, inputs]
  const dyRows = tf.reshape(dy, [-1, outputs]); // [batch·out·out, outputs]
  const places: tf.Tensor[] = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const end = [batch, i + (rows.out - 1) * stride + 1, j + (columns.out - 1) * stride + 1, inputs];
      const shifted = tf.stridedSlice(padded, [0, i, j, 0], end, [1, stride, stride, 1]); // as dy, of inputs
      places.push(tf.matMul(tf.reshape(shifted, [-1, inputs]), dyRows, true)); // [inputs, outputs]
    }
  }
  return tf.reshape(tf.stack(places), shape);
}

function completeWasm(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { strides, pad, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
      const stride = Array.isArray(strides) ? strides[0] : strides;
      return tf.tidy(() =>
        filterGradient(inputs.x as tf.Tensor4D, inputs.dy as tf.Tensor4D, stride, String(pad), filterShape),
      );
    },
  });
}

/** Makes a backend the one that computes. Both are plain JavaScript and WebAssembly: nothing native, no download. */
export async function useBackend(backend: Backend): Promise<void> {
  tf.enableProdMode(); // Without it the cpu backend advertises tfjs-node in every process.
  completeWasm();
  await tf.setBackend(backend);
  await tf.ready();
}
