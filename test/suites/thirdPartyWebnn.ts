import { halfUlp, singleUlp } from './half.js';
import { type Numbers, type OpCall, present, type ThirdPartyCase } from './thirdPartyCase.js';

interface Operand {
  readonly data: readonly number[] | number;
  readonly descriptor: { readonly shape: readonly number[]; readonly dataType: string };
}

export interface WebnnOptions {
  readonly axis?: number;
  readonly axes?: readonly number[];
  readonly epsilon?: number;
  readonly layout?: string;
  readonly scale?: string;
  readonly bias?: string;
}

export interface WebnnCase {
  readonly name: string;
  readonly graph: {
    readonly inputs: Readonly<Record<string, Operand>>;
    readonly operators: readonly { readonly name: string; readonly arguments: readonly Record<string, unknown>[] }[];
    readonly expectedOutputs: Readonly<Record<string, Operand>>;
  };
}

export interface WebnnFile {
  readonly tolerance_ULP: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly cases: readonly WebnnCase[];
}

const numbers = ({ data, descriptor }: Operand): Numbers => ({ shape: descriptor.shape, data: [data].flat() });

/** WebNN's scale and bias have their dimensions in the order of `axes`; the pack's are in ascending order. */
function ascending(given: Numbers | undefined, axes: readonly number[]): Numbers | undefined {
  if (!given || axes.length < 2) return given;
  const order = axes.map((_, i) => i).sort((a, b) => (axes[a] as number) - (axes[b] as number));
  const strides = given.shape.map((_, i) => given.shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const shape = order.map((i) => given.shape[i] as number);
  const data = given.data.map((_, flat) => {
    let rest = flat;
    let from = 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      from += (rest % (shape[i] as number)) * (strides[order[i] as number] as number);
      rest = Math.floor(rest / (shape[i] as number));
    }
    return given.data[from] as number;
  });
  return { shape, data };
}

function callOf({ graph }: WebnnCase): OpCall {
  const [operator] = graph.operators as [WebnnCase['graph']['operators'][number]];
  const values = Object.assign({}, ...operator.arguments) as Record<string, unknown> & { options?: WebnnOptions };
  const { options = {} } = values;
  const operand = (name: unknown) => {
    const found = graph.inputs[name as string];
    return found && numbers(found);
  };
  const x = operand(values.input) as Numbers;
  const epsilon = options.epsilon ?? 1e-5;
  const affine = { gamma: operand(options.scale), beta: operand(options.bias) };
  if (operator.name === 'batchNormalization') {
    const parameters = present({ ...affine, mean: operand(values.mean), variance: operand(values.variance) });
    return { op: 'batchNorm', options: { axis: options.axis ?? 1, epsilon }, x, parameters };
  }
  if (operator.name === 'instanceNormalization') {
    const axis = options.layout === 'nhwc' ? -1 : 1;
    return { op: 'instanceNorm', options: { axis, epsilon }, x, parameters: present(affine) };
  }
  const axis = options.axes ?? x.shape.map((_, i) => i).slice(1);
  const parameters = present({ gamma: ascending(affine.gamma, axis), beta: ascending(affine.beta, axis) });
  return { op: 'layerNorm', options: { axis, epsilon }, x, parameters };
}

/**
 * The file states ULPs for batch normalization. For the others it states none, and 6 of the value's own are out of reach
 * for float32 sums: where x lies near its mean (y = −0.2164 is left of 19.7 − 29.7, among values of 100) wasm's error of
 * 2.5e-7 is 17 of y's ULPs, though all of the set are off by no more. So a value may miss by 4 ULPs of the case's largest
 * one; the worst measured is 2.2, on wasm. (The suite itself allows instance normalization 840 ULPs in float32, 8,400 in
 * float16.)
 */
function toleranceOf(stated: number | undefined, expected: readonly number[], half: boolean) {
  const ulp = half ? halfUlp : singleUlp;
  const largest = Math.max(...expected.map(Math.abs));
  return (value: number) => ({ rtol: 0, atol: stated === undefined ? 4 * ulp(largest) : stated * ulp(value) });
}

export function fromWebnn(file: WebnnFile): ThirdPartyCase[] {
  return file.cases.map((c) => {
    const [y] = Object.values(c.graph.expectedOutputs) as [Operand];
    const half = y.descriptor.dataType === 'float16';
    const operator = c.graph.operators[0]?.name as string;
    const tolerance = toleranceOf(file.tolerance_ULP[operator]?.[y.descriptor.dataType], numbers(y).data, half);
    return { name: `webnn ${c.name}`, call: callOf(c), expected: numbers(y), half, tolerance };
  });
}
