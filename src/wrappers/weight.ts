import { NormalizationLayer } from '../layers/base.js';
import { normRow } from '../norms.js';
export interface WeightNormalizationArgs {
  layer: unknown;
}
export class WeightNormalization extends NormalizationLayer {
  static readonly className = 'WeightNormalization';
  static readonly row = normRow('weight');
  constructor(args: any) {
    super(WeightNormalization.row, args);
  }
  protected override normalize(): never {
    throw new Error('x');
  }
}
export function weightNormalization(args: WeightNormalizationArgs) {
  return new WeightNormalization(args);
}
export function removeWeightNormalization(layer: unknown) {
  return layer;
}
