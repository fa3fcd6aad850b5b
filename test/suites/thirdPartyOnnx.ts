import { type Numbers, type OpCall, present, type ThirdPartyCase } from './thirdPartyCase.js';

export interface OnnxCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, number>>;
  readonly inputs: readonly Numbers[];
  readonly outputs: readonly Numbers[];
}

/** ONNX's backend tests compare with these (`onnx/backend/test/case`). */
const TOLERANCE = { rtol: 1e-3, atol: 1e-7 } as const;

/** Channels at 1, and one γ and β per channel (GroupNormalization since opset 21). */
const CHANNEL_OPS: Readonly<Record<string, OpCall['op']>> = {
  BatchNormalization: 'batchNorm',
  GroupNormalization: 'groupNorm',
  InstanceNormalization: 'instanceNorm',
};

/** Averages from `axis` to the last dimension; the mean and the deviation that layer norm also returns are not ours. */
const AXIS_OPS: Readonly<Record<string, OpCall['op']>> = {
  LayerNormalization: 'layerNorm',
  RMSNormalization: 'rmsNorm',
};

export const onnxInScope = ({ op }: OnnxCase) => op in CHANNEL_OPS || op in AXIS_OPS;

function callOf({ op, attrs, inputs }: OnnxCase): OpCall {
  const [x, gamma, beta, mean, variance] = inputs as [Numbers, ...Numbers[]];
  const epsilon = attrs.epsilon ?? 1e-5;
  const rank = x.shape.length;
  const ours = AXIS_OPS[op];
  if (ours) {
    const first = ((attrs.axis ?? -1) + rank) % rank;
    const axis = Array.from({ length: rank - first }, (_, i) => first + i);
    return { op: ours, options: { axis, epsilon }, x, parameters: present({ gamma, beta }) };
  }
  const groups = attrs.num_groups === undefined ? {} : { groups: attrs.num_groups };
  const given = attrs.training_mode ? {} : { mean, variance };
  const parameters = present({ gamma, beta, ...given });
  return { op: CHANNEL_OPS[op] as OpCall['op'], options: { axis: 1, epsilon, ...groups }, x, parameters };
}

export function fromOnnx(c: OnnxCase): ThirdPartyCase {
  const [y, mean, variance] = c.outputs as [Numbers, ...Numbers[]];
  const made = { name: `onnx ${c.name}`, call: callOf(c), expected: y, half: false, tolerance: () => TOLERANCE };
  if (!c.attrs.training_mode || !mean || !variance) return made;
  const initial = { mean: c.inputs[3] as Numbers, variance: c.inputs[4] as Numbers };
  const momentum = c.attrs.momentum ?? 0.9;
  return { ...made, memory: { mean: mean.data, variance: variance.data, momentum, initial } };
}
