import { CommanderError } from 'commander';
import { NormalizationError } from '../guide/index.js';
import { newCommand, PROGRAM } from './command.js';
import { COMMANDS, COULD_NOT_RUN } from './commands/index.js';
import { colorsFor, type Host, Outcome, UsageError } from './host.js';
import { oneLine } from './print.js';

const TEXT = {
  name: PROGRAM,
  description: 'Normalization layers for TensorFlow.js: which one, and why; and what a saved model has.',
  examples: [
    ['tfjs-normalization recommend --architecture cnn --batch-size 4', 'which norm for this network'],
    ['tfjs-normalization list', 'the norms there are'],
    ['tfjs-normalization audit model', 'what is wrong with the norms of a saved model'],
  ],
} as const;

/** What is no fault of the user is thrown, but where the exit code 1 has another meaning. */
function codeOf(error: unknown, command: string | undefined, { stderr, env }: Host): 1 | 2 {
  const isTheirs = error instanceof UsageError || error instanceof NormalizationError;
  const code = COULD_NOT_RUN[command ?? ''] ?? 1;
  if (!isTheirs && code === 1) throw error;
  const { message, stack = message } = error as Error;
  stderr.write(`${colorsFor(stderr, env).red('error:')} ${isTheirs ? oneLine(message) : stack}\n`);
  return code;
}

/** Runs a command line. What the user can put right is told in one line. */
export async function main(argv: readonly string[], host: Host): Promise<0 | 1 | 2> {
  const program = newCommand(host, TEXT).version(host.version, '-v, --version', 'show the version');
  for (const make of COMMANDS) program.addCommand(make(host));
  try {
    await program.parseAsync(argv.length > 0 ? [...argv] : ['--help'], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return 0; // help or the version, which have been printed
    if (error instanceof Outcome) return error.exitCode;
    return codeOf(error, argv[0], host);
  }
}
