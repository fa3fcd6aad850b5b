import * as tf from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import { problem } from '../core/errors.js';
import { clipGate } from '../core/gate.js';
import { normRow } from '../norms.js';
import { batchInstanceNormWithMoments } from '../ops/batchInstance.js';
import type { Identified, Identifier } from '../serialization/identifiers.js';
import type { AffineArgs, MemoryArgs, MovingVarianceArgs } from './args.js';
import { NormalizationLayer } from './base.js';
import { isFrozen, Memory, type Training } from './memory.js';
import type { Parameter } from './parameters.js';

/** Arguments of {@link batchInstanceNormalization}. */
export interface BatchInstanceNormalizationArgs extends AffineArgs, MemoryArgs, MovingVarianceArgs {
  /** The channel axis. @default -1 */
  axis?: number;
  /** Share of the moving statistics that a batch leaves. @default 0.9 */
  momentum?: number;
  /** Greater than 0. @default 1e-5 */
  epsilon?: number;
  /** Gate ρ: values in [0, 1]; 1 is batch, 0 is instance normalization. @default 'ones' */
  rhoInitializer?: Identifier;
  rhoRegularizer?: Identifier;
  rhoConstraint?: Identifier;
  /**
   * Scales the gradient of ρ (the paper trains it ten times faster): with SGD and momentum exactly a learning rate of
   * its own; Adam and RMSProp divide it out again. @default 1
   */
  rhoLearningRateMultiplier?: number;
}

type Constraint = NonNullable<Identified['constraint']>;

/** After the caller's own constraint, if any, ρ is clipped: whatever is written, a file's values too, lies in [0, 1]. */
function clipping(own: Constraint | null): Constraint {
  const apply = (rho: tf.Tensor) => clipGate(own ? own.apply(rho) : rho);
  return { apply } as unknown as Constraint;
}

/** The layer made by {@link batchInstanceNormalization}. */
export class BatchInstanceNormalization extends NormalizationLayer {
  static readonly className = 'BatchInstanceNormalization';
  static readonly row = normRow('batchInstance');

  /** Internal: the moving statistics. */
  readonly memory: Memory;

  constructor(args: BatchInstanceNormalizationArgs = {}) {
    super(BatchInstanceNormalization.row, { ...args });
    this.memory = new Memory(this, this.options.training as Training, this.options.momentum as number);
    this.checkInitialRho();
  }

  private checkInitialRho(): void {
    const rho = this.parameters.find(({ row }) => row.name === 'rho') as Parameter;
    const { value } = rho.initializer.getConfig();
    if (typeof value === 'number' && !(value >= 0 && value <= 1)) {
      const advice = 'Use 1 for batch, 0 for instance normalization.';
      throw problem(this.subject, 'rho must start in [0, 1]', { value }, advice);
    }
  }

  protected override addParameter(parameter: Parameter, shape: number[]): void {
    const gate = parameter.row.name === 'rho';
    const own = gate ? { ...parameter, constraint: clipping(parameter.constraint) } : parameter;
    super.addParameter(own, shape);
    if (!gate) return;
    const rho = this.weightsByName.rho as LayerVariable;
    const write = rho.write.bind(rho);
    // The host lets go of what a constraint returns: loading a file would leave a tensor behind.
    rho.write = (value) => {
      tf.tidy(() => {
        write(value);
      });
      return rho;
    };
    // An initializer that is not a constant may have left [0, 1].
    this.projectRho();
  }

  /** Optimizers ignore constraints: writing a variable to itself applies its own, the clip. */
  private projectRho(): void {
    const rho = this.weightsByName.rho as LayerVariable;
    tf.tidy(() => {
      rho.write(clipGate(rho.read()));
    });
  }

  protected override normalize(x: tf.Tensor, kwargs: Kwargs): tf.Tensor {
    if (kwargs.training === true && !isFrozen(this)) this.projectRho();
    const { axis, epsilon } = this.options as { axis: number; epsilon: number };
    const affine = { gamma: this.weight('gamma'), beta: this.weight('beta') };
    const rhoGradientFactor = this.options.rhoLearningRateMultiplier as number;
    const options = { axis, epsilon, ...affine, rho: this.weight('rho'), rhoGradientFactor };
    const memory = { mean: this.weight('moving_mean'), variance: this.weight('moving_variance') };
    const ways = {
      fromBatch: (mask?: tf.Tensor) => batchInstanceNormWithMoments(x, { ...options, mask }),
      fromMemory: () => batchInstanceNormWithMoments(x, { ...options, ...memory }).y,
    };
    return this.memory.recall(x, kwargs, ways);
  }
}

/**
 * Batch-instance normalization layer: a gate per channel learns how much of an image's own style to keep.
 *
 * `y = (ρ·x̂_batch + (1 − ρ)·x̂_instance)·γ + β`; in inference x̂_batch uses the moving statistics.
 *
 * Averages over batch and space, and over space. Shapes: input of rank 3 to 6 (one, two, three spatial dimensions and
 * more); weights `gamma`, `beta`, `rho`, `moving_mean`, `moving_variance`: `[channels]`. ρ starts at 1, is used and
 * written back clipped to [0, 1].
 *
 * @throws NormalizationError for ρ starting outside [0, 1], an input without space, unknown options.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, useBias: false, inputShape: [8, 8, 3] }));
 * model.add(batchInstanceNormalization({ rhoLearningRateMultiplier: 10 }));
 * ```
 * Reference: Nam, Kim, "Batch-Instance Normalization", 2018, https://arxiv.org/abs/1805.07925
 */
export function batchInstanceNormalization(args?: BatchInstanceNormalizationArgs): BatchInstanceNormalization {
  return new BatchInstanceNormalization(args);
}
