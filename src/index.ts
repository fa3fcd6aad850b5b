import './register.js';

export * from './audit/index.js';
export { type AutoOverrides, autoNormalization } from './auto/auto.js';
export { createNormalization, type NormalizationSpec } from './auto/create.js';
export * from './convert/index.js';
export * from './guide/index.js';
export { aliasWasmIdentity } from './kernels/wasm/identity.js';
export * from './layers/index.js';
export * from './monitor/index.js';
export * from './ops/index.js';
