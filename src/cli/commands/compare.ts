import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { NormalizationError } from '../../guide/index.js';
import type { CompareOptions, ComparisonProgress } from '../../monitor/compareOptions.js';
import { type MakeCommand, newCommand } from '../command.js';
import { asNumber, asSeeds, backendFlag } from '../flags.js';
import { colorsFor, type Host, UsageError } from '../host.js';
import { json, linesOf, text } from '../print.js';
import { underProgress } from '../progress.js';
import { type Opened, openBackend, openPackage } from '../tfjs.js';

const TEXT = {
  name: 'compare',
  description:
    'Trains your own model under several norms, paired by seed, and says which is better, or that the difference may be ' +
    'noise. The module is your program, and is run: it exports `build` and `data`, and what else compareNormalizations ' +
    'takes (compile, metric …). Flags win over it.',
  examples: [
    ['tfjs-normalization compare ./task.mjs --norms batch,group:4 --seeds 3', 'two norms, three seeds each'],
    ['tfjs-normalization compare ./task.mjs --norms none,layer --seeds 3 --epochs 2 --json', 'for a program'],
  ],
} as const;

/** What a module may export, beside what else it has. */
const EXPORTS = [
  'build',
  'data',
  'norms',
  'seeds',
  'epochs',
  'batchSize',
  'compile',
  'metric',
  'direction',
  'divergence',
] as const;

type Settings = Readonly<Record<string, unknown>>;

/** Runs what is the user's: its errors are told as theirs. */
async function theirs<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof UsageError || error instanceof NormalizationError) throw error;
    throw new UsageError(`${path} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The options in a module: its exports by name, or one object as its default export. */
async function settingsIn(host: Host, path: string): Promise<Settings> {
  const file = resolve(path);
  const status = await stat(file).catch(() => undefined);
  if (!status?.isFile()) throw new UsageError(`${path} is no file. Give a module that exports build and data.`);
  const exports = (await theirs(path, () => host.load(file))) as Settings;
  const whole = typeof exports.default === 'object' && exports.default !== null ? exports.default : {};
  const all: Settings = { ...whole, ...exports };
  const found = EXPORTS.filter((name) => all[name] !== undefined).map((name) => [name, all[name]] as const);
  const settings: Settings = Object.fromEntries(found);
  for (const name of ['build', 'data'] as const) {
    if (settings[name] !== undefined) continue;
    throw new UsageError(`${path} must export ${name}, as compareNormalizations takes it.`);
  }
  return { ...settings, data: await settings.data };
}

/** A comma before a norm parts norms; one before an option, `group:groups=4,epsilon=1e-5`, does not. */
const normsIn = (list: string): string[] => list.split(/,(?=\s*[A-Za-z]\w*\s*(?:[:,]|$))/).map((each) => each.trim());

interface Options extends Settings {
  readonly json?: true;
  readonly backend?: string;
}

function progressText({ norm, seed, epoch, epochs, loss, diverged }: ComparisonProgress): string {
  const state = diverged ? `stopped, ${diverged}` : `loss ${loss.toPrecision(3)}`;
  return `${norm}, seed ${seed}, epoch ${Math.min(epochs, epoch + 1)} of ${epochs}, ${state}`;
}

/** The backend that is asked for, else the one the module brings, else one that has every gradient. */
async function useBackend(opened: Opened, asked: string | undefined): Promise<void> {
  const { tf } = opened;
  tf.enableProdMode();
  const brought = Object.keys(tf.engine().registryFactory);
  if (asked === undefined && brought.length > 0) await tf.ready();
  else await openBackend(opened, asked, ['cpu', 'tensorflow']);
}

export const compare: MakeCommand = (host) =>
  newCommand(host, TEXT)
    .argument('<module>', 'your module, which is run')
    .option('--norms <list>', 'norms with commas between: batch,group:8,layer')
    .option('--seeds <number|list>', 'how many (default: 5), or which: 1,2,7; three or more for a verdict', asSeeds)
    .option('--epochs <number>', 'of each run (default: 5)', asNumber)
    .option('--batch-size <number>', 'of tensors and arrays (default: 32)', asNumber)
    .option('--metric <name>', 'loss, or what the model is compiled with (default: loss)')
    .addOption(new Option('--direction <which>', 'which is better, where the name does not tell: min or max'))
    .option('--json', 'print the comparison as JSON')
    .addOption(backendFlag())
    .action(async (path: string, { json: asJson, backend, ...flags }: Options) => {
      const opened = await openPackage();
      const settings = await settingsIn(host, path);
      await useBackend(opened, backend);
      const norms = typeof flags.norms === 'string' ? { norms: normsIn(flags.norms) } : {};
      const comparison = await underProgress(host, ({ show }) => {
        const onProgress = (state: ComparisonProgress) => show(state.done, progressText(state));
        const all = { ...settings, ...flags, ...norms, onProgress } as unknown as CompareOptions;
        return theirs(path, () => opened.pack.compareNormalizations(all));
      });
      if (asJson) host.stdout.write(json(comparison));
      else {
        const { bold } = colorsFor(host.stdout, host.env);
        host.stdout.write(text(linesOf(comparison.text).map((line, i) => (i === 0 ? bold(line) : line))));
      }
    });
