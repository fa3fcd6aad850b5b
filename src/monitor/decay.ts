import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { checkModel } from '../layers/inputs.js';
import { weightName } from '../layers/intercept.js';
import { normalizationNamed } from '../layers/known.js';
import { layersWithin } from '../layers/within.js';
import { normRow } from '../norms.js';

/** Biases by the names the host gives them, and its like: `bias`, `recurrent_bias`. */
const BIAS = /(^|_)bias$/;

/** Weight normalization of a separable layer has two lengths, of a recurrent one another: `g_depthwise`, `g_recurrent`. */
const isOneOf = (names: readonly string[], name: string) =>
  names.some((each) => name === each || (each === 'g' && name.startsWith('g_')));

/**
 * The trainable weights that weight decay should leave alone: γ and β of every norm (tfjs's own included), ρ, the logits of
 * switchable normalization, the lengths `g` of weight normalization, and all biases. They are told by their layer and its row
 * of the table, not by a pattern of names. Decay shrinks a kernel before a norm without changing what the norm gives; γ and β it
 * would pull away from what they have learned.
 *
 * tfjs's optimizers have no weight decay: this is for loops written by hand, and for checking where a `kernelRegularizer`
 * or `gammaRegularizer` stands.
 *
 * @param model Layers of models and wrappers within it count too. A frozen weight is in neither list.
 * @returns The weights, in the model's order; each has `read()`, `write()` and `originalName`.
 * @throws NormalizationError for what is no model.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.dense({ units: 3, inputShape: [2] }));
 * model.add(batchNormalization());
 * console.log(noDecayWeights(model).map(({ originalName }) => originalName)); // …/bias, …/gamma, …/beta
 * ```
 * Reference: He et al., "Bag of Tricks for Image Classification with Convolutional Neural Networks", 2018,
 * https://arxiv.org/abs/1812.01187 (no bias decay)
 */
export function noDecayWeights(model: LayersModel): LayerVariable[] {
  checkModel('noDecayWeights', model);
  const alone = new Set<LayerVariable>();
  for (const { layer } of layersWithin(model)) {
    const norm = normalizationNamed(layer.getClassName());
    const names = norm ? normRow(norm).weights.map(({ name }) => name) : [];
    for (const weight of layer.trainableWeights) {
      const name = weightName(weight);
      if (BIAS.test(name) || isOneOf(names, name)) alone.add(weight);
    }
  }
  return unique(model).filter((weight) => alone.has(weight));
}

/**
 * The trainable weights that weight decay is for: all that {@link noDecayWeights} does not name.
 *
 * @param model As for {@link noDecayWeights}.
 *
 * @example
 * ```js
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] })] });
 * // After each step of an optimizer with learning rate 1e-3, decay of 0.01 that is decoupled from it:
 * tf.tidy(() => {
 *   for (const weight of decayWeights(model)) weight.write(tf.mul(weight.read(), 1 - 1e-3 * 0.01));
 * });
 * ```
 */
export function decayWeights(model: LayersModel): LayerVariable[] {
  const alone = new Set(noDecayWeights(model));
  return unique(model).filter((weight) => !alone.has(weight));
}

/** A shared layer's weights once. */
const unique = (model: LayersModel) => [...new Set(model.trainableWeights)];
