import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { NormalizationPolicy } from '../../convert/policy.js';
import { type MakeCommand, newCommand } from '../command.js';
import { checkChanged, conversionLines, save, shownPath } from '../conversion.js';
import { backendFlag, collect, factFlags, factsOf } from '../flags.js';
import { colorsFor, type Host, UsageError } from '../host.js';
import { loadModel, type Topology } from '../model.js';
import { readBatches } from '../npy.js';
import { json, text } from '../print.js';
import { underProgress } from '../progress.js';
import { type Place, placeFor } from '../save.js';
import { type Opened, openBackend, openPackage } from '../tfjs.js';

const TEXT = {
  name: 'convert',
  description:
    'Puts other norms in the place of a saved model’s, in a new model in a new folder, and measures how far the outputs ' +
    'are apart. The old model is not changed.',
  examples: [
    ['tfjs-normalization convert model --to group:8 --dry-run', 'what would become of every norm'],
    ['tfjs-normalization convert model new --to group:8 --calibrate inputs.npy', 'group norm, fitted on your inputs'],
    ['tfjs-normalization convert model chosen --guide --batch-size 2', 'what the guide takes for batches of 2'],
    ["tfjs-normalization convert model first --to rms --only 'batch*1'", 'only some layers, by their paths'],
  ],
} as const;

const RANDOM = 'random';

interface Options {
  readonly to?: string;
  readonly guide?: true;
  readonly fromProbe?: true;
  readonly only?: readonly string[];
  readonly calibrate?: readonly string[];
  readonly dryRun?: true;
  readonly force?: true;
  readonly json?: true;
  readonly backend?: string;
}

/** One way to choose, and facts only for the guide. */
function checkChoice({ to, guide, fromProbe }: Options, facts: object): void {
  const ways = [to !== undefined, guide, fromProbe].filter(Boolean).length;
  const advice = 'Use --to with a norm, --guide with facts, or --from-probe.';
  if (ways !== 1) throw new UsageError(`the new norm must be named in one way. ${advice}`);
  if (!guide && Object.keys(facts).length > 0) throw new UsageError(`facts are for the guide. ${advice}`);
}

function policyOf(
  { pack }: Opened,
  model: LayersModel,
  topology: Topology,
  { to, guide }: Options,
  facts: object,
): NormalizationPolicy {
  if (to !== undefined) return to;
  // The norm that it has is to go: the guide is asked as for a new model.
  if (guide) return pack.describeModel(topology, { pretrained: undefined, ...facts });
  const readings = pack.readSwitchWeights(model);
  if (readings.length === 0)
    throw new UsageError('--from-probe needs a model with switchable norms. Use --to or --guide.');
  return readings;
}

async function calibrationOf(
  opened: Opened,
  model: LayersModel,
  files: readonly string[] | undefined,
): Promise<Tensor[][] | undefined> {
  if (!files) return undefined;
  if (!files.includes(RANDOM)) return readBatches(opened, files);
  if (files.length > 1) throw new UsageError(`--calibrate takes files, or ${RANDOM} alone.`);
  return [[...opened.syntheticBatch(model, 1)]];
}

const RANDOM_WARNING =
  'warning: calibrated on random inputs, which are not like yours: fine-tune, or give --calibrate inputs.npy';

async function converted(
  host: Host,
  path: string,
  place: Place | undefined,
  options: Options & Record<string, unknown>,
) {
  const opened = await openPackage();
  const { pack, tf } = opened;
  return underProgress(host, async ({ show }) => {
    await openBackend(opened, options.backend);
    show(0.05, 'loading');
    const { model, topology } = await loadModel(opened, path, host.stdin);
    const policy = policyOf(opened, model, topology, options, factsOf(options));
    const only = options.only ? { only: options.only } : {};
    const calibration = await calibrationOf(opened, model, options.calibrate);
    const settings = { ...only, ...(calibration ? { calibration } : {}) };
    if (!place) return pack.convertNormalization(model, policy, { ...settings, dryRun: true, print: () => {} });
    show(0.3, calibration ? 'converting and calibrating' : 'converting');
    const made = await pack.convertNormalization(model, policy, settings);
    checkChanged(made, 'converted');
    show(0.9, 'writing');
    await save(host, opened, made, place);
    tf.dispose([calibration ?? []]);
    for (const each of [model, made.model]) each.dispose();
    return made;
  });
}

export const convert: MakeCommand = (host) => {
  const command = newCommand(host, TEXT)
    .argument('<model>', 'folder of a model.json, or the file')
    .argument('[new]', 'the new folder; not for a dry run')
    .option('--to <norm>', 'one norm for all: batch, group:16, rms:epsilon=1e-6, none …')
    .option('--guide', 'what the guide chooses for each place; facts are flags')
    .option('--from-probe', 'what the switchable norms of the model have learned to use')
    .option('--only <glob>', 'only layers with such paths: encoder/**, */bn?; may be repeated', collect)
    .option('--calibrate <file>', `inputs as .npy to fit the new norms on, one for each input; or ${RANDOM}`, collect)
    .option('--dry-run', 'say what would be done, and write nothing')
    .option('--force', 'replace a model in a folder that is not empty; other files stay')
    .option('--json', 'print what became of every norm as JSON')
    .addOption(backendFlag());
  for (const flag of factFlags()) command.addOption(flag);
  return command.action(async (path: string, out: string | undefined, options: Options & Record<string, unknown>) => {
    checkChoice(options, factsOf(options));
    if (!out && !options.dryRun) throw new UsageError('name a new folder for the model, or use --dry-run.');
    const place = out && !options.dryRun ? await placeFor(out, path, options.force === true) : undefined;
    const made = await converted(host, path, place, options);
    const { replaced, warnings, deviation } = made;
    const notes = place && options.calibrate?.[0] === RANDOM ? [RANDOM_WARNING] : [];
    if (options.json) host.stdout.write(json({ written: place?.folder ?? null, replaced, warnings, deviation }));
    else {
      const lines = conversionLines(colorsFor(host.stdout, host.env), made);
      host.stdout.write(text([...lines, ...notes, ...(place ? [`written: ${shownPath(place)}`] : [])]));
    }
  });
};
