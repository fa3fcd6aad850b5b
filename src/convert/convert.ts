import type { LayersModel } from '@tensorflow/tfjs-layers';
import { filterOf } from '../layers/select.js';
import { batchesOf } from './inputs.js';
import { changesAround, deviationOf } from './measure.js';
import { type ConvertOptions, checkCall } from './options.js';
import { calibrate, droppedWarnings, outcomes } from './outcome.js';
import { Plan } from './plan.js';
import { type NormalizationPolicy, targetsBy } from './policy.js';
import { type Rebuilt, rebuild } from './rebuild.js';
import { type Conversion, conversion } from './report.js';
import { sitesOf } from './sites.js';

const SUBJECT = 'convertNormalization';
const KNOWN = ['only', 'calibration', 'input', 'seed', 'dryRun', 'print'];

async function converted(plan: Plan, model: LayersModel, made: Rebuilt, options: ConvertOptions): Promise<Conversion> {
  const { calibration } = options;
  const batches = calibration === undefined ? [] : await batchesOf(SUBJECT, model, calibration);
  const calibrated = batches.length > 0 ? await calibrate(plan, model, made, batches) : undefined;
  const { replaced, warnings } = outcomes(plan, calibrated?.sites ?? new Set());
  warnings.push(...(calibrated?.warnings ?? []));
  const [first] = batches;
  const input = options.input ?? (first && [...first]);
  const deviation = await deviationOf(SUBJECT, model, made, { input, seed: options.seed });
  if (typeof deviation === 'string') warnings.push(`the deviation is not known, ${deviation}`);
  if (replaced.every(({ reason }) => reason)) warnings.push('no layer was replaced');
  warnings.push(...(await droppedWarnings(plan)), ...changesAround(model, made.model));
  const known = typeof deviation === 'string' ? null : deviation;
  return conversion({ model: made.model, replaced, warnings, deviation: known });
}

/**
 * Puts other normalization layers in the place of a model's, in a new model: nested models, shared layers, several inputs
 * and outputs and TimeDistributed stay as they are, names too.
 *
 * γ, β, epsilon, moving statistics and options that mean the same in both norms are taken over. From one norm to another
 * the outputs change all the same, and `deviation` says by how much: fine-tune, or give `calibration`, on which each new norm
 * is fitted, front to back, so that its output has the mean and variance per channel that the old one's had. Where a norm
 * cannot stand (groups that do not divide the channels, sets of a single value, rank 2) the old one stays, with the reason.
 *
 * The old model is not changed. The new one is not compiled.
 *
 * @param model A built model of layers whose classes are registered.
 * @param policy What to put there: one norm in any way `createNormalization` takes, facts for the guide (rank and channels
 *   of each place are added, a trained model's epsilon and momentum stay), what `readSwitchWeights` gave, or a function of
 *   layer, path and shape (`undefined` leaves a layer alone). Or a promise of one.
 * @param options Which layers, calibration, the input on which the deviation is measured, a dry run.
 * @returns A promise of the new model, what became of every norm, warnings, and the measured deviation.
 * @throws NormalizationError for a policy or options that cannot be read, and layers that cannot be made from their
 *   configuration; no tensor is left behind.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, inputShape: [8, 8, 3] }));
 * model.add(tf.layers.batchNormalization({ name: 'bn' }));
 * const calibration = tf.randomNormal([16, 8, 8, 3]);
 * const { model: group, replaced, deviation } = await convertNormalization(model, 'group:4', { calibration });
 * console.log(replaced[0]); // { path: 'bn', from: 'batch', to: 'group', weights: 'calibrated' }
 * ```
 */
export async function convertNormalization(
  model: LayersModel,
  policy: NormalizationPolicy | Promise<NormalizationPolicy>,
  options: ConvertOptions & { dryRun: true },
): Promise<Conversion<null>>;
export async function convertNormalization(
  model: LayersModel,
  policy: NormalizationPolicy | Promise<NormalizationPolicy>,
  options?: ConvertOptions & { dryRun?: false },
): Promise<Conversion>;
export async function convertNormalization(
  model: LayersModel,
  policy: NormalizationPolicy | Promise<NormalizationPolicy>,
  options: ConvertOptions = {},
): Promise<Conversion<LayersModel | null>> {
  checkCall(SUBJECT, model, options, KNOWN);
  const targets = targetsBy(await policy);
  const isMeant = filterOf(SUBJECT, 'only', options.only);
  const plan = new Plan(model);
  for (const site of sitesOf(model)) {
    const target = isMeant(site.path, site.layer) ? targets(site) : undefined;
    if (target) plan.add(site, target);
  }
  if (options.dryRun) {
    const result = conversion({ model: null, replaced: [...plan.entries.values()], warnings: [], deviation: null });
    (options.print ?? console.log)(String(result));
    return result;
  }
  const made = rebuild(SUBJECT, model, plan.changes());
  try {
    return await converted(plan, model, made, options);
  } catch (error) {
    made.dispose();
    throw error;
  }
}
