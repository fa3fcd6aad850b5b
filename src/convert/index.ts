export type { LayerFilter } from '../layers/select.js';
export { convertNormalization } from './convert.js';
export type { Deviation } from './deviation.js';
export { foldNormalization } from './fold.js';
export type { ConvertOptions, FoldOptions, MeasureOptions } from './options.js';
export type { LayerPolicy, NormalizationPolicy } from './policy.js';
export type { Conversion, Replacement } from './report.js';
export { readSwitchWeights, type SwitchReading } from './switch.js';
export type { Weights } from './transfer.js';
