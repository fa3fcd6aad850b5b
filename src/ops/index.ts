export { NormalizationError } from '../core/errors.js';
export { type BatchNormOptions, batchNorm } from './batch.js';
export { type BatchInstanceNormOptions, batchInstanceNorm } from './batchInstance.js';
export { type GroupNormOptions, groupNorm } from './group.js';
export { type InstanceNormOptions, instanceNorm } from './instance.js';
export { type LayerNormOptions, layerNorm } from './layer.js';
export { type RmsNormOptions, rmsNorm } from './rms.js';
export { type SwitchNormOptions, switchNorm } from './switchable.js';
export { type WeightNormOptions, weightNorm } from './weight.js';
