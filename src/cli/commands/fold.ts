import { type MakeCommand, newCommand } from '../command.js';
import { checkChanged, conversionLines, save, shownPath } from '../conversion.js';
import { backendFlag, collect } from '../flags.js';
import { type Host, UsageError } from '../host.js';
import { loadModel, readTopology, sizeOf } from '../model.js';
import { readBatches } from '../npy.js';
import { columns, json, type Paper, paperFor, text } from '../print.js';
import { underProgress } from '../progress.js';
import { type Place, placeFor } from '../save.js';
import { openBackend, openPackage } from '../tfjs.js';
import { timesOf } from '../times.js';

const TEXT = {
  name: 'fold',
  description:
    'Folds norms into the layers before them, for inference: a new model in a new folder, with equal outputs, which is ' +
    'checked. Prints parameters, file sizes and measured inference times before and after. The old model is not changed.',
  examples: [
    ['tfjs-normalization fold model small', 'a smaller, faster model in a new folder'],
    ['tfjs-normalization fold model checked --input inputs.npy', 'checked and timed on your inputs'],
    ["tfjs-normalization fold model part --only 'batch*1' --json", 'only some layers, by their paths; for a program'],
  ],
} as const;

interface Options {
  readonly only?: readonly string[];
  readonly tolerance?: number;
  readonly input?: readonly string[];
  readonly force?: true;
  readonly json?: true;
  readonly backend?: string;
}

async function folded(host: Host, path: string, place: Place, { only, tolerance, input, backend: asked }: Options) {
  const opened = await openPackage();
  const { pack, tf } = opened;
  return underProgress(host, async ({ show }) => {
    const backend = await openBackend(opened, asked);
    show(0.05, 'loading');
    const { model, topology } = await loadModel(opened, path, host.stdin);
    show(0.2, 'folding');
    const batches = input ? await readBatches(opened, input) : [[...opened.syntheticBatch(model, 1)]];
    const [batch = []] = batches;
    const settings = {
      ...(only ? { only } : {}),
      ...(tolerance === undefined ? {} : { tolerance }),
      ...(input ? { input: [...batch] } : {}),
    };
    const made = await pack.foldNormalization(model, settings);
    checkChanged(made, 'folded');
    const times = await timesOf(opened, [model, made.model], batch, (done) => show(0.4 + done / 2, 'measuring'));
    const examples = batch[0]?.shape[0] ?? 0;
    const parameters = { before: model.countParams(), after: made.model.countParams() };
    show(0.95, 'writing');
    await save(host, opened, made, place);
    const written = await readTopology(place.folder, host.stdin);
    const bytes = { before: await sizeOf(path, topology), after: await sizeOf(place.folder, written) };
    tf.dispose(batches.flat());
    for (const each of [model, made.model]) each.dispose();
    return { made, parameters, bytes, inference: { ...times, backend, examples, input: made.deviation?.input } };
  });
}

type Folded = Awaited<ReturnType<typeof folded>>;

const whole = (value: number) => value.toLocaleString('en');
const sizes = (value: number) => (value < 1e6 ? `${(value / 1e3).toFixed(1)} kB` : `${(value / 1e6).toFixed(2)} MB`);
const time = (value: number) => `${value.toPrecision(3)} ms`;
const share = (after: number, before: number) => `${((after / before) * 100).toFixed(1)} %`;

function figures(paper: Paper, { parameters, bytes, inference }: Folded): string[] {
  const { before, after, ratio, runs, backend, examples, input } = inference;
  const rows = [
    ['', 'before', 'after', ''],
    ['parameters', whole(parameters.before), whole(parameters.after), share(parameters.after, parameters.before)],
    ['files', sizes(bytes.before), sizes(bytes.after), share(bytes.after, bytes.before)],
    ['inference', time(before), time(after), `${ratio.toFixed(2)} times as fast`],
  ];
  const basis = `Medians of ${runs} runs each, in turn, on ${examples} ${input === 'given' ? 'given' : 'random'} examples and ${backend}.`;
  return ['', ...columns(paper, rows).flat(), `  ${basis}`];
}

function toleranceOf(value: string): number {
  if (value.trim() !== '' && Number(value) >= 0) return Number(value);
  throw new UsageError(`--tolerance ${value} must be a number from 0 on.`);
}

export const fold: MakeCommand = (host) =>
  newCommand(host, TEXT)
    .argument('<model>', 'folder of a model.json, or the file')
    .argument('<new>', 'the new folder')
    .option('--only <glob>', 'only layers with such paths: encoder/**, */bn?; may be repeated', collect)
    .option('--input <file>', 'inputs as .npy to check and time with, one for each input (default: random)', collect)
    .option('--tolerance <number>', 'largest difference, in units of the outputs’ scale (default: 1e-4)', toleranceOf)
    .option('--force', 'replace a model in a folder that is not empty; other files stay')
    .option('--json', 'print what became of every norm, and the figures, as JSON')
    .addOption(backendFlag())
    .action(async (path: string, out: string, options: Options) => {
      const place = await placeFor(out, path, options.force === true);
      const found = await folded(host, path, place, options);
      const { made, ...numbers } = found;
      const { replaced, warnings, deviation } = made;
      if (options.json) host.stdout.write(json({ written: place.folder, replaced, warnings, deviation, ...numbers }));
      else {
        const paper = paperFor(host);
        const lines = [...conversionLines(paper.colors, made), ...figures(paper, found), ''];
        host.stdout.write(text([...lines, `written: ${shownPath(place)}`]));
      }
    });
