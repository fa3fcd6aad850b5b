import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Part } from './part.js';
import { root } from './root.js';
import { run, tryThrice } from './shell.js';

/** What generate.sh leaves once every requirement is installed: a copy of the list. */
const DONE = '.cache/golden/requirements.txt';
const text = (path: string) => readFile(join(root, path), 'utf8').catch(() => undefined);

/** Only on demand: 7 GB, and no test needs it. The vectors are in the repository. */
export const golden: Part = {
  name: 'golden',
  purpose: 'making golden vectors again: PyTorch and Keras, 7 GB; no test needs it',
  async present() {
    const done = await text(DONE);
    return done !== undefined && done === (await text('test/golden/requirements.txt')) ? '.cache/golden' : undefined;
  },
  async install(say) {
    say('installing PyTorch, Keras and others into .cache/golden (7 GB)');
    await tryThrice(() => run('bash', [join(root, 'test/golden/generate.sh'), 'environment']));
    return '.cache/golden';
  },
};
