import { SetupProblem } from '../part.js';
import { run } from '../shell.js';
import type { NodePackage } from './package.js';

/** In a process of its own: an addon that is no good can end the process that loads it. */
const PROGRAM = `
  const tf = require(process.argv[1]);
  const y = tf.tidy(() => tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).dataSync().join());
  console.log('result ' + JSON.stringify({ y, backend: tf.getBackend(), version: tf.backend().binding.TF_Version }));
`;

/** Loads the package, multiplies two matrices, and answers with TensorFlow's version. */
export async function smoke({ folder }: NodePackage): Promise<string> {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  const said = await run(process.execPath, ['-e', PROGRAM, folder], { env });
  const [, json = '{}'] = /^result (.*)$/m.exec(said) ?? [];
  const { y, backend, version } = JSON.parse(json);
  if (backend !== 'tensorflow' || y !== '19,22,43,50')
    throw new SetupProblem(`the addon computes wrong: ${said.trim()}`);
  return version;
}
