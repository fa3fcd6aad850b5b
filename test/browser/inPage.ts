import { whereSetUp } from '../whereSetUp.js';
import { hasChromium } from './chromium.js';
import { readFixtures } from './fixtures.js';
import { pageLists } from './lists.js';
import { type RunName, runNamed } from './runs.js';
import { open, type Session } from './session.js';

/** The first check of a kind waits for its shaders, on two cores beside another browser. */
const PATIENCE = 120_000;

/** Runs the lists in a page of a Chromium of its own; every check is a test. A backend a file: jest runs them side by side. */
export function runInPage(name: RunName): void {
  whereSetUp(`in a page on ${name}`, hasChromium(), () => inChromium(name));
}

function inChromium(name: RunName): void {
  jest.setTimeout(PATIENCE);
  let session: Session | undefined;
  const page = () => {
    if (!session) throw new Error('the page did not start');
    return session;
  };

  describe(`in a page on ${name}`, () => {
    beforeAll(async () => {
      session = await open(name);
    });
    afterAll(() => session?.close());

    for (const { name: suite, checks } of pageLists(runNamed(name), readFixtures())) {
      describe(suite, () => {
        const numbered = checks.map((check, at) => ({ name: check.name, at }));
        test.each(numbered)('$name', ({ name: check, at }) => page().check(suite, at, check));
      });
    }
  });
}
