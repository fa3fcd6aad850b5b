import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';

/** A page with a monitor: trains a small network, and spoils a weight of it where the address says `#spoilt`. */

const kernelInitializer = initializers.heNormal({ seed: 3 });
const conv = (filters: number) => layers.conv2d({ filters, kernelSize: 3, padding: 'same', kernelInitializer });

function network() {
  const model = sequential();
  model.add(layers.inputLayer({ inputShape: [8, 8, 1] }));
  const norms = [
    pack.batchNormalization({ name: 'batch', momentum: 0.5 }),
    pack.switchableNormalization({ name: 'switchable_early' }),
    pack.switchableNormalization({ name: 'switchable_late' }),
    pack.batchInstanceNormalization({ name: 'gated', rhoLearningRateMultiplier: 10 }),
    pack.groupNormalization({ groups: 2, name: 'group' }),
  ];
  for (const norm of norms) for (const layer of [conv(6), norm, layers.reLU()]) model.add(layer);
  model.add(layers.flatten());
  model.add(layers.dense({ units: 1, kernelInitializer }));
  model.compile({ optimizer: tf.train.momentum(0.02, 0.9), loss: 'meanSquaredError' });
  return model;
}

async function main(): Promise<void> {
  await tf.setBackend('cpu');
  const xs = tf.randomNormal([48, 8, 8, 1], 0, 1, 'float32', 1);
  const ys = tf.tidy(() => tf.mean(xs, [1, 2]));
  const model = network();
  const probe = { xs: tf.slice(xs, 0, 16), ys: tf.slice(ys, 0, 16) };
  const monitor = pack.monitorNormalization(model, { probe });
  const host = document.createElement('main');
  document.body.append(host);
  monitor.render(host);
  await model.fit(xs, ys, { epochs: 8, batchSize: 16, shuffle: false, verbose: 0, callbacks: monitor });
  if (location.hash === '#spoilt') {
    const gamma = tf.tensor1d([1, 1, Number.NaN, 1, 1, 1]);
    const group = model.getLayer('group');
    group.setWeights([gamma, tf.zeros([6])]);
    await monitor.measure();
  }
  const surface = document.createElement('section');
  if (location.hash === '#surface') monitor.render({ drawArea: surface });
  document.body.append(surface);
  document.body.dataset.state = 'done';
}

document.head.insertAdjacentHTML(
  'beforeend',
  '<meta name=viewport content="width=device-width"><title>Monitor</title>' +
    '<style>:root { color-scheme: light dark } body { margin: 1rem }</style>',
);
// The script stands in the head: there is no body yet.
addEventListener('DOMContentLoaded', () => {
  document.body.style.background = 'light-dark(#fff, #111418)';
  main().catch((error) => {
    document.body.dataset.state = String(error);
  });
});
