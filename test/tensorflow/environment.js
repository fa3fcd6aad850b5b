import { TestEnvironment } from 'jest-environment-node';

/**
 * A test's globals are not Node's own, and what an addon makes is: tfjs would take its arrays for something else
 * (`Unsupported TypedArray subtype` when a model is saved). Here both have the same arrays.
 */
export default class OneRealmOfArrays extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    Object.assign(this.global, { Float32Array, Int32Array, Uint8Array, Uint16Array, Uint8ClampedArray, Float64Array });
  }
}
