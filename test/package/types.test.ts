import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { project, root, write } from './project.js';

const CONSUMER = `
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, sequential } from '@tensorflow/tfjs-layers';
import { GroupNormalization, groupNormalization, rmsNorm } from 'tfjs-normalization';
import { RMSNormalization } from 'tfjs-normalization/layers';
import { fileSystem } from 'tfjs-normalization/node';
import { rmsNorm as sameRmsNorm } from 'tfjs-normalization/ops';
import 'tfjs-normalization/register';

const model = sequential();
model.add(groupNormalization({ groups: 4, epsilon: 1e-5, name: 'gn', inputShape: [8] }));
model.add(new RMSNormalization({ axis: -1, scale: false }));
model.add(new GroupNormalization());
const y: tf.Tensor = rmsNorm(tf.zeros([2, 8]), { epsilon: 0 });
const handler: tf.io.IOHandler = fileSystem('model');
const same: typeof rmsNorm = sameRmsNorm;
export const kept: [LayersModel, tf.Tensor, unknown, unknown] = [model, y, handler, same];
// @ts-expect-error: groups is a number or 'auto'
groupNormalization({ groups: 'many' });
// @ts-expect-error: no such option
groupNormalization({ group: 4 });
// @ts-expect-error: RMS has no beta
rmsNorm(tf.zeros([2, 8]), { beta: tf.zeros([8]) });
`;

/**
 * Type-checks the files as a user's program would be. The package's declarations are checked too, which a user's
 * `skipLibCheck` would leave out; the host's own do not pass under any current compiler, and are not counted.
 */
function errors(name: string, files: readonly string[], options: object): string[] {
  const compilerOptions = { strict: true, noEmit: true, target: 'ES2022', types: ['node'], ...options };
  const config = write(`${name}.tsconfig.json`, JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, 'node_modules/@typescript/native/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', config], { cwd: project(), encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => /^\S*(consumer|tfjs-normalization\/)[^(]*\(.*error TS|^error TS/.test(line));
}

describe('a TypeScript program', () => {
  test('compiles under node16, as a module and as CommonJS', () => {
    write('consumer.mts', CONSUMER);
    write('consumer.cts', CONSUMER);
    const options = { module: 'node16', moduleResolution: 'node16' };
    expect(errors('node16', ['consumer.mts', 'consumer.cts'], options)).toEqual([]);
  });

  test('compiles under bundler', () => {
    write('consumer.ts', CONSUMER);
    const options = { module: 'esnext', moduleResolution: 'bundler' };
    expect(errors('bundler', ['consumer.ts'], options)).toEqual([]);
  });
});
