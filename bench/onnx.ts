/**
 * Writes ONNX models: the dozen fields of the format that a chain of norms needs (numbers as in onnx.proto), so that no
 * Python and no second protobuf library is wanted.
 */

type Field = readonly [number: number, value: Value];
type Value = number | string | Uint8Array | { readonly float: number } | readonly Field[];

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

const joined = (parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));

function encode([number, value]: Field): Uint8Array {
  const tag = (wire: number) => varint(number * 8 + wire);
  if (typeof value === 'number') return Uint8Array.from([...tag(0), ...varint(value)]);
  if (typeof value === 'object' && 'float' in value) {
    return joined([Uint8Array.from(tag(5)), new Uint8Array(Float32Array.of(value.float).buffer)]);
  }
  const body =
    typeof value === 'string' ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : message(value);
  return joined([Uint8Array.from([...tag(2), ...varint(body.length)]), body]);
}

const message = (fields: readonly Field[]): Uint8Array => joined(fields.map(encode));

const FLOAT = 1;
const INT64 = 7;

const tensorField = (name: string, type: number, dims: readonly number[], raw: Uint8Array): Value => [
  ...dims.map((d): Field => [1, d]),
  [2, type],
  [8, name],
  [9, raw],
];

const floats = (name: string, values: Float32Array) =>
  tensorField(name, FLOAT, [values.length], new Uint8Array(values.slice().buffer));

const integers = (name: string, values: readonly number[]) =>
  tensorField(name, INT64, [values.length], new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer));

const valueInfo = (name: string, dims: readonly number[]): Value => {
  const shape = dims.map((d): Field => [1, [[1, d]]]);
  return [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, FLOAT],
            [2, shape],
          ],
        ],
      ],
    ],
  ];
};

/** An attribute: a whole number, or a float. */
const attribute = (name: string, value: Attribute): Value =>
  typeof value === 'number'
    ? [
        [1, name],
        [3, value],
        [20, 2],
      ]
    : [
        [1, name],
        [2, value],
        [20, 1],
      ];

export type Attribute = number | { readonly float: number };

/** One op of ONNX with its constants. */
export interface Op {
  readonly type: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Inputs after x. */
  readonly constants: Readonly<Record<string, Float32Array>>;
}

const node = (type: string, inputs: readonly string[], output: string, attributes: Op['attributes'] = {}): Value => [
  ...inputs.map((name): Field => [1, name]),
  [2, output],
  [4, type],
  ...Object.entries(attributes).map(([name, value]): Field => [5, attribute(name, value)]),
];

export interface Chain {
  readonly op: Op;
  readonly shape: readonly number[];
  readonly length: number;
  /** The result is one element, so that writing it out costs nothing; else all of it. */
  readonly oneElement: boolean;
  readonly opset: number;
}

/** `x → op → op → … → y`, every op fed by the one before. */
export function chainModel({ op, shape, length, oneElement, opset }: Chain): Uint8Array {
  const names = Object.keys(op.constants);
  const last = oneElement ? `t${length}` : 'y';
  const links = Array.from({ length }, (_, i) =>
    node(op.type, [i === 0 ? 'x' : `t${i}`, ...names], i === length - 1 ? last : `t${i + 1}`, op.attributes),
  );
  const slice = oneElement ? [node('Slice', [last, 'starts', 'ends'], 'y')] : [];
  const constants = [
    ...Object.entries(op.constants).map(([name, values]) => floats(name, values)),
    ...(oneElement
      ? [
          integers(
            'starts',
            shape.map(() => 0),
          ),
          integers(
            'ends',
            shape.map(() => 1),
          ),
        ]
      : []),
  ];
  const graph: Value = [
    ...[...links, ...slice].map((value): Field => [1, value]),
    [2, 'chain'],
    ...constants.map((value): Field => [5, value]),
    [11, valueInfo('x', shape)],
    [12, valueInfo('y', oneElement ? shape.map(() => 1) : shape)],
  ];
  return message([
    [1, 9],
    [7, graph],
    [8, [[2, opset]]],
  ]);
}
