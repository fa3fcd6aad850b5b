import type { LayersModel } from '@tensorflow/tfjs-layers';
import { layers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { filterOf } from '../layers/select.js';
import { WeightNormalization } from '../wrappers/weight.js';
import { Folds, unwrappedChange } from './absorb.js';
import { named } from './clone.js';
import type { Deviation } from './deviation.js';
import { isFixed, unitOf } from './foldable.js';
import type { Layer } from './graph.js';
import { changesAround, deviationOf } from './measure.js';
import { checkCall, type FoldOptions } from './options.js';
import { type Change, rebuild } from './rebuild.js';
import { type Conversion, conversion, type Replacement } from './report.js';
import { rowOfSite, type Site, sitesOf } from './sites.js';
import { weightsByName } from './weights.js';

const SUBJECT = 'foldNormalization';
const KNOWN = ['only', 'input', 'seed', 'tolerance'];
const TOLERANCE = 1e-4;
/** The host's own layer takes no more dimensions. */
const STOCK_RANK = 4;
const STOCK_NAME = 'BatchNormalization';

/** Whether the host's own batch norm can hold a norm with fixed statistics, and the file is then for everybody. */
function isGain(site: Site): boolean {
  const { axis } = site.layer.getConfig() as { axis: number };
  const isLast = site.shapes.every(({ length }) => length <= STOCK_RANK && (axis === -1 || axis === length - 1));
  return isLast && unitOf(site) === site.layer && site.layer.getClassName() !== STOCK_NAME;
}

/** The host's batch norm, frozen: one program, any file reader knows it, and the mean is subtracted first, which cancels least. */
function frozenChange({ layer }: Site): Change {
  const { name, batchInputShape, dtype } = layer;
  const weights = weightsByName(layer);
  const { epsilon = 0 } = layer.getConfig() as { epsilon?: number };
  const first = batchInputShape ? { batchInputShape, dtype } : {};
  return {
    // A variance of 1 and an epsilon of 0 where the norm only subtracts the mean: what the layer starts with.
    make: () => [layers.batchNormalization({ name, ...first, epsilon, trainable: false })],
    finish: ([made]) => {
      for (const [key, variable] of weightsByName(made as Layer)) {
        const value = weights.get(key);
        if (value) variable.assign(value);
      }
    },
  };
}

/** Decides norm by norm, and gathers the changes. */
class Plan {
  readonly replaced: Replacement[] = [];
  private readonly others = new Map<Layer, Change>();
  private readonly folds: Folds;

  constructor(model: LayersModel) {
    this.folds = new Folds(SUBJECT, model);
  }

  add(site: Site): void {
    const { path, norm: from } = site;
    this.replaced.push({ path, from, ...this.outcome(site) });
  }

  private outcome(site: Site): Omit<Replacement, 'path' | 'from'> {
    const left = (reason: string) => ({ to: site.norm, weights: 'kept', reason }) as const;
    if (site.fixedIn) return left(`it is inside ${named(site.fixedIn)}, which cannot be built around another layer`);
    if (site.layer instanceof WeightNormalization) {
      this.others.set(site.layer, unwrappedChange(SUBJECT, site.layer));
      return { to: 'none', weights: 'folded' };
    }
    if (!isFixed(site)) return left('its statistics are of its input, also in inference');
    const folded = this.folds.add(site);
    if (typeof folded !== 'string') return { to: 'none', weights: 'folded', ...folded };
    if (rowOfSite(site).of === 'activations' && isGain(site) && !folded.includes('training: true')) {
      this.others.set(site.layer, frozenChange(site));
      return { to: 'batch', weights: 'folded' };
    }
    return left(`${folded}; nothing is gained, in inference it is one step already`);
  }

  /** A layer that is unwrapped and takes norms in is changed once, by the latter. */
  changes(): Map<Layer, Change> {
    return new Map([...this.others, ...this.folds.changes()]);
  }
}

function check(deviation: Deviation | string, tolerance: number): Deviation {
  if (typeof deviation === 'string') {
    const advice = 'Pass input that the model takes, of the kind of its data: foldNormalization(model, { input }).';
    throw problem(SUBJECT, 'the folded model must be compared with the old one', { cause: deviation }, advice);
  }
  const found = deviation.relative.max;
  if (found <= tolerance) return deviation;
  const advice =
    'Pass input like the data, or a larger tolerance. (On cpu and wasm the stock batch norm is wrong over other axes than the last.)';
  throw problem(SUBJECT, 'the folded model must give what the old one gives', { deviation: found, tolerance }, advice);
}

/**
 * Folds normalization into the layers before it, for inference: a smaller and faster model with the same outputs.
 *
 * `kernel·a`, `(bias − mean)·a + β` where `a = γ/√(variance + ε)`
 *
 * Batch and mean-only batch norm, this package's and tfjs's own, go into the dense, convolution, transposed, depthwise or
 * separable layer before (also within TimeDistributed, and around weight normalization), where that has no activation and
 * its output goes nowhere else; a bias is made where there is none. Weight normalization goes into the kernel. A norm with
 * fixed statistics that stands elsewhere becomes tfjs's own frozen batch norm where it was a class of this package, so that
 * the file loads anywhere; else nothing is gained, and it stays. What cannot be folded is left, with the reason.
 *
 * The old model is not changed, and the new one holds copies of all weights. It is for inference: folded norms do not train.
 *
 * @param model A built model; models and TimeDistributed within it are searched too.
 * @param options Which layers, and the inputs on which equality is checked.
 * @returns A promise of the new model, what became of every norm, warnings, and the measured deviation.
 * @throws NormalizationError where the outputs differ by more than the tolerance, and for layers that cannot be made from
 *   their configuration; no tensor is left behind.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, useBias: false, inputShape: [8, 8, 3] }));
 * model.add(batchNormalization({ name: 'bn' }));
 * const { model: small, replaced } = await foldNormalization(model);
 * console.log(replaced[0].weights, small.layers.length); // folded 1
 * ```
 * Reference: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
 * 2018, section 3.2, https://arxiv.org/abs/1712.05877
 */
export async function foldNormalization(model: LayersModel, options: FoldOptions = {}): Promise<Conversion> {
  checkCall(SUBJECT, model, options, KNOWN);
  const { only, tolerance = TOLERANCE } = options;
  const isMeant = filterOf(SUBJECT, 'only', only);
  const plan = new Plan(model);
  for (const site of sitesOf(model)) if (isMeant(site.path, site.layer)) plan.add(site);
  const made = rebuild(SUBJECT, model, plan.changes());
  try {
    const deviation = check(await deviationOf(SUBJECT, model, made, options), tolerance);
    const warnings = changesAround(model, made.model);
    if (plan.replaced.every(({ reason }) => reason)) warnings.push('no normalization was folded');
    return conversion({ model: made.model, replaced: plan.replaced, warnings, deviation });
  } catch (error) {
    made.dispose();
    throw error;
  }
}
