export type { NormFactory } from './candidate.js';
export { type CompareOptions, type ComparisonProgress, compareNormalizations } from './compare.js';
export type { Comparison, ComparisonReport } from './comparison.js';
export type { Batch, DatasetLike, Examples, Pass } from './data.js';
export { decayWeights, noDecayWeights } from './decay.js';
export type { ComparisonData } from './sources.js';
export type { Run } from './trial.js';
export type { ComparisonAdvice, Difference, NormResult } from './verdict.js';
