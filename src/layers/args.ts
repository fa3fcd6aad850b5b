import type { Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '@tensorflow/tfjs-layers';
import type { Identifier } from '../serialization/identifiers.js';
import type { Training } from './memory.js';

/** What every tfjs layer takes. */
export interface LayerArgs {
  /** Shape without the batch dimension, for a first layer; `null` where it varies. */
  inputShape?: Shape;
  batchInputShape?: Shape;
  batchSize?: number;
  name?: string;
  /** A frozen layer neither trains its weights nor uses or updates statistics of a batch. @default true */
  trainable?: boolean;
  dtype?: 'float32' | 'int32' | 'bool';
  /** Initial values of all weights, in their order. */
  weights?: Tensor[];
}

/** Initializer, regularizer and constraint of γ: a name, a configuration, or an instance of tfjs's. */
interface GammaArgs {
  /** Whether there is a scale γ. @default true */
  scale?: boolean;
  /** @default 'ones' */
  gammaInitializer?: Identifier;
  gammaRegularizer?: Identifier;
  gammaConstraint?: Identifier;
}

/** Initializer, regularizer and constraint of β: a name, a configuration, or an instance of tfjs's. */
export interface BetaArgs {
  /** Whether there is a shift β. @default true */
  center?: boolean;
  /** @default 'zeros' */
  betaInitializer?: Identifier;
  betaRegularizer?: Identifier;
  betaConstraint?: Identifier;
}

export interface AffineArgs extends LayerArgs, GammaArgs, BetaArgs {}

/** Arguments of layers that remember statistics. */
export interface MemoryArgs {
  /** Share of the moving statistics that a batch leaves, in [0, 1]. PyTorch's momentum is 1 − this one. */
  momentum?: number;
  /** Which statistics to use: `'auto'` a batch's own while the host trains, `true` always, `false` never. @default 'auto' */
  training?: Training;
  /** @default 'zeros' */
  movingMeanInitializer?: Identifier;
}

export interface MovingVarianceArgs {
  /** @default 'ones' */
  movingVarianceInitializer?: Identifier;
}
