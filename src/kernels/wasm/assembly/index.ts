// What the module exports. Built by scripts/wasm.js; memory is the backend's, scratch is the caller's.
export { applyRows, normalizeRows } from './rows';
export { rowsGradient } from './rowsGradient';
export { affineSets, applyRuns, normalizeRuns, runsGradient } from './runs';
export { applyLaneSets, lanesGradient, normalizeLanes } from './lanes';
export { givenStatistics, momentsCoefficients } from './statistics';
