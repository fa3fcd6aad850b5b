import './register.js';

export * from './layers/index.js';
export { NORMS, type NormId, type NormRow } from './norms.js';
export * from './ops/index.js';
