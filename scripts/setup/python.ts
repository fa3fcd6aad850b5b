import { aptInstall } from './apt.js';
import type { Part } from './part.js';
import { run, succeeds } from './shell.js';

export const python = process.env.PYTHON || 'python3';

/** pip unpacks TensorFlow's wheel, venv holds what makes golden vectors. */
const NEEDED = 'import sys, venv, ensurepip, pip; sys.exit(sys.version_info < (3, 8))';

const REMEDY =
  'Python 3.8 or newer with pip and venv was not found. Install it: `apt-get install python3 python3-pip python3-venv` ' +
  '(Debian, as root); or say where it is: PYTHON=… npm run setup.';

const version = async () => (await run(python, ['--version'])).trim();

export const pythonPart: Part = {
  name: 'python',
  purpose: 'fetching libtensorflow; making golden vectors',
  present: async () => ((await succeeds(python, ['-c', NEEDED])) ? version() : undefined),
  async install(say) {
    await aptInstall(['python3', 'python3-pip', 'python3-venv'], REMEDY, say);
    await run(python, ['-c', NEEDED]);
    return version();
  },
};
