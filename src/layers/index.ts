export { NormalizationError } from '../core/errors.js';
export { removeWeightNormalization } from '../wrappers/remove.js';
export { WeightNormalization, type WeightNormalizationArgs, weightNormalization } from '../wrappers/weight.js';
export { BatchNormalization, type BatchNormalizationArgs, batchNormalization } from './batch.js';
export {
  BatchInstanceNormalization,
  type BatchInstanceNormalizationArgs,
  batchInstanceNormalization,
} from './batchInstance.js';
export { calibrateStatistics } from './calibrate.js';
export { GroupNormalization, type GroupNormalizationArgs, groupNormalization } from './group.js';
export type { CalibrationBatch } from './inputs.js';
export { InstanceNormalization, type InstanceNormalizationArgs, instanceNormalization } from './instance.js';
export { isNormalization } from './known.js';
export { LayerNormalization, type LayerNormalizationArgs, layerNormalization } from './layer.js';
export {
  MeanOnlyBatchNormalization,
  type MeanOnlyBatchNormalizationArgs,
  meanOnlyBatchNormalization,
} from './meanOnlyBatch.js';
export { register, replaceStockNormalization } from './registration.js';
export { RMSNormalization, type RMSNormalizationArgs, rmsNormalization } from './rms.js';
export {
  SwitchableNormalization,
  type SwitchableNormalizationArgs,
  type SwitchShares,
  switchableNormalization,
} from './switchable.js';
