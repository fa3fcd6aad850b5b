/** `npm run setup`: what a machine needs to run every test. */
import { Command, Option } from 'commander';
import { chromium } from './chromium.js';
import { golden } from './golden.js';
import { type Part, SetupProblem, setUp } from './part.js';
import { pythonPart } from './python.js';
import { line, summary } from './report.js';
import { choose } from './select.js';
import { tensorflow } from './tensorflow/part.js';

interface Options {
  readonly golden?: boolean;
  readonly tensorflowVersion?: string;
}

const partsFor = ({ tensorflowVersion }: Options): readonly Part[] => [
  chromium,
  pythonPart,
  tensorflow({ version: tensorflowVersion }),
  golden,
];

async function main(names: readonly string[], options: Options): Promise<void> {
  const outcomes = [];
  for (const part of choose(partsFor(options), names, options.golden)) {
    const outcome = await setUp(part, (text) => console.log(`  ${part.name}: ${text} …`));
    console.log(line(outcome));
    outcomes.push(outcome);
  }
  console.log(summary(outcomes));
  if (outcomes.some(({ state }) => state === 'failed')) process.exitCode = 1;
}

const listed = partsFor({}).map(({ name, purpose }) => `  ${name.padEnd(12)}${purpose}`);
const program = new Command('npm run setup --')
  .description('Makes this machine complete for all tests. What is there already is left as it is.')
  .argument('[parts...]', 'only these; all but golden where none is named')
  .option('--golden', 'the environment that makes golden vectors too')
  .addOption(new Option('--tensorflow-version <version>', 'this TensorFlow, in place of any other').env('TF_VERSION'))
  .addHelpText('after', `\nParts:\n${listed.join('\n')}`)
  .action(main);
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof SetupProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
