import type { Memory, OpCall, ThirdPartyCase } from './thirdPartyCase.js';

export interface PytorchCase {
  readonly name: string;
  readonly layout: string;
  readonly shape: readonly number[];
  readonly eps: number;
  readonly groups?: number;
  readonly momentum_torch?: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly running_mean?: readonly number[];
  readonly running_var_unbiased?: readonly number[];
  readonly atol: number;
}

function opOf({ name, groups }: PytorchCase): OpCall['op'] {
  if (groups !== undefined) return 'groupNorm';
  return name.includes('BatchNorm') ? 'batchNorm' : 'instanceNorm';
}

/** PyTorch keeps Bessel's variance and counts momentum the other way; both start at mean 0 and variance 1. */
function memoryOf({
  shape,
  layout,
  momentum_torch,
  running_mean,
  running_var_unbiased,
}: PytorchCase): Memory | undefined {
  if (momentum_torch === undefined || !running_mean || !running_var_unbiased) return undefined;
  const channels = shape[layout.startsWith('NC') ? 1 : shape.length - 1] as number;
  const count = shape.reduce((a, b) => a * b, 1) / channels;
  const keep = 1 - momentum_torch;
  const variance = running_var_unbiased.map((value) => keep + ((value - keep) * (count - 1)) / count);
  return { mean: running_mean, variance, momentum: keep };
}

export function fromPytorch(c: PytorchCase): ThirdPartyCase {
  const axis = c.layout.startsWith('NC') ? 1 : -1;
  const groups = c.groups === undefined ? {} : { groups: c.groups };
  const call: OpCall = {
    op: opOf(c),
    options: { axis, epsilon: c.eps, ...groups },
    x: { shape: c.shape, data: c.x },
    parameters: {},
  };
  const memory = memoryOf(c);
  const made = { name: c.name, call, expected: { shape: c.shape, data: c.y }, half: false };
  return { ...made, ...(memory && { memory }), tolerance: () => ({ rtol: 0, atol: c.atol }) };
}
