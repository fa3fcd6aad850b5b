import { Command, InvalidArgumentError, Option } from 'commander';
import { NORMS } from '../../src/norms.js';
import { TRAINING_IMAGES } from './data.js';
import {
  ARCHITECTURES,
  type Architecture,
  BACKENDS,
  type Backend,
  factsOf,
  NORM_CHOICES,
  type Norm,
  normsToCompare,
} from './task.js';

export interface Options {
  readonly norm: readonly Norm[];
  readonly batchSize: number;
  readonly epochs: number;
  readonly seed: number;
  readonly seeds: number;
  readonly backend: Backend;
  readonly architecture: Architecture;
  readonly save: string;
}

const EXAMPLES = `
Examples:
  npm start                                          batch norm and the guide's choice at batch size 2
  npm start -- --batch-size 32                       where batch norm is at home, and the guide says so
  npm start -- --norm batch group layer --seeds 5    three norms, mean and spread over five seeds
  npm start -- --architecture cnn --norm instance batchInstance switchable
`;

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** What the norm averages over must exist: the activations of an mlp have rank 2, no space. */
function checkArchitecture(command: Command, { norm, architecture }: Options): void {
  const spatial = NORMS.filter((row) => row.minRank > 2).map((row): Norm => row.id);
  const wrong = norm.filter((id) => spatial.includes(id));
  if (architecture === 'cnn' || wrong.length === 0) return;
  const legal = NORM_CHOICES.filter((id) => !spatial.includes(id)).join(', ');
  command.error(
    `error: --norm ${wrong.join(' ')} averages over the pixels of an image, and the mlp has none. ` +
      `Add --architecture cnn, or choose from ${legal}.`,
  );
}

/** Reads the command line; a wrong value ends the program with the choices there are. */
export function parseOptions(argv: readonly string[]): Options {
  const norm = new Option(
    '--norm <names...>',
    'normalizations to compare, one or several (default: batch, and what the guide recommends)',
  );
  const backend = new Option('--backend <name>', 'what computes');
  const architecture = new Option('--architecture <name>', 'the network');
  const command = new Command('npm start --')
    .description('Trains small networks on 1,797 handwritten digits and compares their normalizations.')
    .addOption(norm.choices(NORM_CHOICES))
    .option('--batch-size <number>', 'images a training step sees', wholeNumber(1, TRAINING_IMAGES), 2)
    .option('--epochs <number>', 'passes over the training images', wholeNumber(1, 1000), 12)
    .option('--seed <number>', 'decides the split, the initial weights and the order', wholeNumber(0, 1e6), 1)
    .option('--seeds <number>', 'how many seeds, from --seed on: prints mean ± sd', wholeNumber(1, 100), 1)
    .addOption(backend.choices(BACKENDS).default('wasm'))
    .addOption(architecture.choices(ARCHITECTURES).default('mlp'))
    .option('--save <folder>', 'where the better model goes', '.cache/digits')
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false);
  const given = command.parse(argv as string[], { from: 'user' }).opts<Omit<Options, 'norm'> & Partial<Options>>();
  const norms = given.norm ?? normsToCompare(factsOf(given.architecture, given.batchSize));
  const options = { ...given, norm: norms };
  checkArchitecture(command, options);
  return { ...options, norm: [...new Set(options.norm)] };
}
