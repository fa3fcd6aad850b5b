import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

type Pair = [number, number];

/** Rows (or columns) of zeros before and after the input so that every place of the kernel sees `out` strides of it. */
function borders(size: number, kernel: number, stride: number, out: number, pad: unknown): Pair {
  const needed = (out - 1) * stride + kernel;
  const before = pad === 'same' ? Math.floor(Math.max(0, needed - size) / 2) : pad === 'valid' ? 0 : Number(pad);
  return [before, Math.max(0, needed - size - before)];
}

/**
 * dW of a convolution: for each place in the kernel, the input shifted by it times dy. The wasm backend of
 * TensorFlow.js 4.22 has every kernel that training a convolution needs but this one.
 */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, attrs: tf.Conv2DBackpropFilterAttrs): tf.Tensor {
  const { strides, pad, filterShape } = attrs;
  const [height, width, inputs, outputs] = filterShape;
  const [rowStep, columnStep] = Array.isArray(strides) ? strides : [strides, strides];
  const [batch, rows, columns] = dy.shape;
  const rowBorders = borders(x.shape[1], height, rowStep, rows, pad);
  const columnBorders = borders(x.shape[2], width, columnStep, columns, pad);
  const padded = tf.pad(x, [[0, 0], rowBorders, columnBorders, [0, 0]]);
  const flatDy = tf.reshape(dy, [-1, outputs]); // [batch·rows·columns, outputs]
  const places: tf.Tensor[] = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const end = [batch, i + (rows - 1) * rowStep + 1, j + (columns - 1) * columnStep + 1, inputs];
      const seen = tf.stridedSlice(padded, [0, i, j, 0], end, [1, rowStep, columnStep, 1]); // [batch, rows, columns, inputs]
      places.push(tf.matMul(tf.reshape(seen, [-1, inputs]), flatDy, true)); // [inputs, outputs]
    }
  }
  return tf.reshape(tf.stack(places), filterShape);
}

function completeWasm(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const given = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
      if (given.dataFormat !== 'NHWC' || Array.isArray(given.pad)) {
        throw new Error('This gradient is made for channels last, and the same padding on all sides.');
      }
      return tf.tidy(() => filterGradient(inputs.x as tf.Tensor4D, inputs.dy as tf.Tensor4D, given));
    },
  });
}

/**
 * Makes a backend the one that computes. Registered here are the two of plain JavaScript and WebAssembly: nothing native, no
 * download. A page registers more.
 */
export async function useBackend(backend: string): Promise<void> {
  tf.enableProdMode(); // Without it the cpu backend advertises tfjs-node in every process.
  completeWasm();
  if (!(await tf.setBackend(backend))) throw new Error(`The ${backend} backend did not start.`);
  await tf.ready();
}
