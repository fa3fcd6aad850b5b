import Sequencer from '@jest/test-sequencer';

/**
 * The browser's files first. They take longest and are shortest, and jest, where it has not seen them run, begins with the
 * longest files: one worker would be left waiting for a browser at the end.
 */
export default class BrowsersFirst extends Sequencer {
  sort(tests) {
    const inBrowser = ({ path }) => /[\\/]test[\\/]browser[\\/]/.test(path);
    const sorted = super.sort(tests);
    return [...sorted.filter(inBrowser), ...sorted.filter((test) => !inBrowser(test))];
  }
}
