import { CommanderError } from 'commander';
import { NormalizationError } from '../guide/index.js';
import { newCommand, PROGRAM } from './command.js';
import { COMMANDS } from './commands/index.js';
import { colorsFor, type Host, UsageError } from './host.js';
import { oneLine } from './print.js';

const TEXT = {
  name: PROGRAM,
  description: 'Normalization layers for TensorFlow.js: which one, and why.',
  examples: [
    ['tfjs-normalization recommend --architecture cnn --batch-size 4', 'which norm for this network'],
    ['tfjs-normalization list', 'the norms there are'],
  ],
} as const;

/** Runs a command line. What the user can put right is told in one line; anything else is thrown. */
export async function main(argv: readonly string[], host: Host): Promise<0 | 1> {
  const program = newCommand(host, TEXT).version(host.version, '-v, --version', 'show the version');
  for (const make of COMMANDS) program.addCommand(make(host));
  try {
    await program.parseAsync(argv.length > 0 ? [...argv] : ['--help'], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return 0; // help or the version, which have been printed
    if (!(error instanceof UsageError || error instanceof NormalizationError)) throw error;
    const { red } = colorsFor(host.stderr, host.env);
    host.stderr.write(`${red('error:')} ${oneLine(error.message)}\n`);
    return 1;
  }
}
