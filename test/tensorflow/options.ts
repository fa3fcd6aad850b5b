import { parseArgs } from 'node:util';

/** What the command line asks; a worker thread has the same one. */
export const OPTIONS = parseArgs({
  options: {
    package: { type: 'string' },
    worker: { type: 'boolean', default: false },
    filter: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
  },
}).values;
