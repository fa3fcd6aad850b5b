import type { NormId } from '../norms.js';
import { WeightNormalization } from '../wrappers/weight.js';
import type { NormClass } from './base.js';
import { BatchNormalization } from './batch.js';
import { BatchInstanceNormalization } from './batchInstance.js';
import { GroupNormalization } from './group.js';
import { InstanceNormalization } from './instance.js';
import { LayerNormalization } from './layer.js';
import { MeanOnlyBatchNormalization } from './meanOnlyBatch.js';
import { RMSNormalization } from './rms.js';
import { SwitchableNormalization } from './switchable.js';

/** The class of every row of the table. */
export const CLASSES: Readonly<Record<NormId, Pick<NormClass, 'className' | 'row'> & (new (args: never) => object)>> = {
  batch: BatchNormalization,
  layer: LayerNormalization,
  instance: InstanceNormalization,
  group: GroupNormalization,
  rms: RMSNormalization,
  weight: WeightNormalization,
  batchInstance: BatchInstanceNormalization,
  switchable: SwitchableNormalization,
  meanOnlyBatch: MeanOnlyBatchNormalization,
};
