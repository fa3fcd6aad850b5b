import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Answer, Question } from './tensorflow/child.js';
import { LISTS } from './tensorflow/lists.js';
import { isSetUp } from './tensorflow/load.js';
import { whereSetUp } from './whereSetUp.js';

const CHILD = path.join(__dirname, 'tensorflow/child.ts');
/** Checks of large tensors hold them against loops in double. */
const PATIENCE = 60_000;

/**
 * In a process beside jest's: the addon's arrays are Node's own there, and those that a jest test makes of another realm are ten
 * times slower to read.
 */
whereSetUp('tensorflow', isSetUp(), () => {
  describe('tensorflow', () => {
    let child: ChildProcess;
    let gone: Promise<Answer>;
    beforeAll(() => {
      child = fork(CHILD, { execArgv: ['--import', 'tsx'], cwd: path.join(__dirname, '..') });
      gone = once(child, 'exit').then(([code]) => ({ failure: `the process ended with ${code}` }));
    });
    afterAll(() => child.kill());

    async function ask(question: Question): Promise<void> {
      const answer = once(child, 'message').then(([first]) => first as Answer);
      child.send(question);
      const { failure } = await Promise.race([answer, gone]);
      if (failure !== null) throw new Error(failure);
    }

    for (const { name: suite, checks } of LISTS) {
      describe(suite, () => {
        const numbered = checks.map(({ name }, at) => ({ name, at }));
        test.each(numbered)('$name', ({ at }) => ask({ suite, at }), PATIENCE);
      });
    }
  });
});
