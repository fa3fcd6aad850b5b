import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { rowOf } from '../guide/config.js';
import type { Choice } from '../guide/facts.js';
import { layersWithin } from '../layers/within.js';
import { WeightNormalization } from '../wrappers/weight.js';
import { Folds, unwrappedChange } from './absorb.js';
import { named } from './clone.js';
import { fit } from './fit.js';
import { isFixed } from './foldable.js';
import type { Layer } from './graph.js';
import { type Batch, batchesOf } from './inputs.js';
import { asReference, changesAround, deviationOf } from './measure.js';
import { type ConvertOptions, checkCall } from './options.js';
import { filterOf } from './paths.js';
import { type NormalizationPolicy, targetsBy } from './policy.js';
import { type Change, type Rebuilt, rebuild } from './rebuild.js';
import { type Conversion, conversion, type Replacement } from './report.js';
import { rowOfSite, type Site, sitesOf } from './sites.js';
import { refusal, type Target } from './target.js';
import { type Transferred, transfer } from './transfer.js';
import { weightsByName } from './weights.js';

const SUBJECT = 'convertNormalization';
const KNOWN = ['only', 'calibration', 'input', 'seed', 'dryRun', 'print'];

/** A norm that gets another layer. */
interface Exchange {
  readonly site: Site;
  readonly target: Target;
}

/** Decides norm by norm, and gathers the changes. */
class Plan {
  readonly replaced: Replacement[] = [];
  readonly exchanges: Exchange[] = [];
  readonly transferred = new Map<Site, Transferred>();
  private readonly others = new Map<Layer, Change>();
  private readonly folds: Folds;
  private readonly paths: ReadonlyMap<Layer, string>;

  constructor(model: LayersModel) {
    this.folds = new Folds(SUBJECT, model);
    this.paths = new Map(layersWithin(model).map(({ layer, path }) => [layer, path]));
  }

  add(site: Site, target: Target): void {
    const { path, norm: from } = site;
    this.replaced.push({ path, from, ...this.outcome(site, target) });
  }

  private outcome(site: Site, target: Target): Omit<Replacement, 'path' | 'from'> {
    const left = (reason: string) => ({ to: site.norm, weights: 'kept', reason }) as const;
    const { fixedIn } = site;
    if (fixedIn) return left(`it is inside ${named(fixedIn)}, which cannot be built around another layer`);
    if (rowOfSite(site).of === 'weights') return this.fromWeights(site, target) ?? left(OF_KERNEL);
    if (rowOf(target.norm as Choice)?.of === 'weights') return this.toWeights(site, target, left);
    if (site.shapes.length === 0) return left('the shape of its input is not known');
    const reason = refusal(target, site);
    if (reason !== undefined) return left(reason);
    this.exchanges.push({ site, target });
    return { to: target.norm, weights: 'kept' };
  }

  private fromWeights(site: Site, { norm }: Target): Omit<Replacement, 'path' | 'from'> | undefined {
    if (norm === site.norm) return { to: norm, weights: 'kept' };
    if (norm !== 'none' || !(site.layer instanceof WeightNormalization)) return undefined;
    this.others.set(site.layer, unwrappedChange(SUBJECT, site.layer));
    return { to: 'none', weights: 'folded' };
  }

  private toWeights(site: Site, { norm }: Target, left: (reason: string) => Omit<Replacement, 'path' | 'from'>) {
    if (!isFixed(site)) return left('weight norm is of a kernel: only fixed statistics can go into the one before');
    const into = this.folds.add(site, true);
    if (typeof into === 'string') return left(into);
    return { to: norm, weights: 'folded', into: this.paths.get(into.place) ?? into.place.name } as const;
  }

  private exchange({ site, target }: Exchange): Change {
    return {
      make: () => [target.make(site)],
      finish: ([layer]) => void this.transferred.set(site, transfer(site, layer as Layer)),
    };
  }

  changes(): Map<Layer, Change> {
    const exchanges = this.exchanges.map((each) => [each.site.layer, this.exchange(each)] as const);
    return new Map([...this.others, ...this.folds.changes(), ...exchanges]);
  }
}

const OF_KERNEL = 'weight norm is of a kernel: convert it to none, which folds it, and add the other norm';

/** Fits every norm that computes something else, front to back: each on inputs as those before it now give them. */
async function calibrate(plan: Plan, model: LayersModel, made: Rebuilt, batches: readonly Batch[]): Promise<Set<Site>> {
  const others = plan.exchanges.filter(({ site, target }) => target.norm !== site.norm && target.norm !== 'none');
  await asReference(SUBJECT, model, async (before) => {
    // A copy has copies of the layers too, by the same paths.
    const old = new Map(layersWithin(before).map(({ path, layer }) => [path, layer]));
    const models = { before, after: made.model };
    for (const { site } of others) {
      fit(made.madeFor(site.layer)[0] as Layer, old.get(site.path) as Layer, models, batches);
    }
  });
  return new Set(others.map(({ site }) => site));
}

/** Weights without a place in the new norm, where they did something. */
async function droppedWarnings(plan: Plan): Promise<string[]> {
  const found = await Promise.all(
    [...plan.transferred].flatMap(([site, { dropped }]) =>
      dropped.map(async (name) => {
        const neutral = { beta: 0, gamma: 1, scale: 1 }[name];
        if (neutral === undefined) return [];
        const value = weightsByName(site.layer).get(name) as tf.Tensor;
        const most = tf.tidy(() => tf.max(tf.abs(tf.sub(value, neutral)))); // []
        const [far = 0] = await most.data();
        most.dispose();
        const words = `${site.path}: ${name} has no place in the new norm, and is up to ${far.toPrecision(3)} from ${neutral}`;
        return far > 1e-6 ? [words] : [];
      }),
    ),
  );
  return found.flat();
}

/** The entries with what became of the weights, and what there is to say of it. */
function outcomes(plan: Plan, calibrated: ReadonlySet<Site>): { replaced: Replacement[]; warnings: string[] } {
  const bySite = new Map([...plan.transferred].map(([site, result]) => [site.path, { site, ...result }]));
  const warnings: string[] = [];
  const replaced = plan.replaced.map((entry) => {
    const found = bySite.get(entry.path);
    if (!found || entry.reason) return entry;
    if (calibrated.has(found.site)) return { ...entry, weights: 'calibrated' } as const;
    if (entry.to === 'none') return { ...entry, weights: 'reset' } as const;
    if (found.reset.length > 0) {
      warnings.push(`${entry.path}: ${found.reset.join(', ')} start anew; give calibration, or train`);
    }
    return { ...entry, weights: found.weights };
  });
  return { replaced, warnings };
}

async function converted(plan: Plan, model: LayersModel, made: Rebuilt, options: ConvertOptions): Promise<Conversion> {
  const { calibration } = options;
  const batches = calibration === undefined ? [] : await batchesOf(SUBJECT, model, calibration);
  const calibrated = batches.length > 0 ? await calibrate(plan, model, made, batches) : new Set<Site>();
  const { replaced, warnings } = outcomes(plan, calibrated);
  const [first] = batches;
  const input = options.input ?? (first && [...first]);
  const deviation = await deviationOf(SUBJECT, model, made.model, { input, seed: options.seed });
  if (typeof deviation === 'string')
    warnings.push(`the deviation is not known, random input was refused: ${deviation}`);
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
  const isMeant = filterOf(SUBJECT, options.only);
  const plan = new Plan(model);
  for (const site of sitesOf(model)) {
    const target = isMeant(site.path, site.layer) ? targets(site) : undefined;
    if (target) plan.add(site, target);
  }
  if (options.dryRun) {
    const result = conversion({ model: null, replaced: plan.replaced, warnings: [], deviation: null });
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
