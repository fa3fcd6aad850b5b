import type { OptionValue } from '../norms.js';
import { type Config, rankOf, rowOf } from './config.js';
import type { Choice, Facts } from './facts.js';
import { dividesBySpread } from './programs.js';

/** A call as one would write it: `groupNormalization({ groups: 16, epsilon: 1e-5 })`. */
function call(name: string, options: Readonly<Record<string, string>>): string {
  const list = Object.entries(options).map(([key, value]) => `${key}: ${value}`);
  return `${name}(${list.length > 0 ? `{ ${list.join(', ')} }` : ''})`;
}

function literal(value: OptionValue): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
}

/** Small shapes, so that a snippet runs at once: what comes in before the layer whose output is normalized. */
const SPACE: Readonly<Record<number, string>> = { 3: '32', 4: '16, 16', 5: '8, 8, 8' };

/** Where the channels are not known. Few for a recurrent layer, whose initial weights the host computes slowly. */
const UNITS: Readonly<Record<Facts['architecture'], number>> = {
  cnn: 64,
  feedForward: 64,
  rnn: 16,
  transformer: 64,
  visionTransformer: 64,
};

interface Linear {
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

type Network = Facts['architecture'];

/** The layer whose output is normalized, by architecture and rank of that output. */
const LINEAR: Readonly<Record<Network, (rank: number, units: string, steps: string) => Linear>> = {
  cnn: (rank, filters) => {
    const shape = { filters, kernelSize: '3', padding: "'same'" };
    return { name: `tf.layers.conv${rank - 2}d`, options: { ...shape, inputShape: `[${SPACE[rank]}, 3]` } };
  },
  feedForward: dense,
  rnn: (rank, units, steps) => {
    const sequences: Record<string, string> = rank === 3 ? { returnSequences: 'true' } : {};
    return { name: 'tf.layers.lstm', options: { units, ...sequences, inputShape: `[${steps}, 8]` } };
  },
  transformer: dense,
  visionTransformer: dense,
};

function dense(rank: number, units: string): Linear {
  return {
    name: 'tf.layers.dense',
    options: { units, inputShape: `[${[...Array(rank - 2).fill(4), 16].join(', ')}]` },
  };
}

/** Steps of a sequence, where their number is fixed. */
const stepsOf = ({ variableLength }: Facts) => (variableLength ? 'null' : '10');

/** Ranks that a network's own layer gives; elsewhere a dense layer stands for it. */
const RANKS: Readonly<Record<Network, readonly number[]>> = {
  cnn: [3, 4, 5],
  feedForward: [2, 3, 4, 5, 6],
  rnn: [2, 3],
  transformer: [],
  visionTransformer: [],
};

const FACTORY = (className: string) => className.charAt(0).toLowerCase() + className.slice(1);

/** The name of a norm's factory: `groupNormalization`, `rmsNormalization`. */
export function factoryName(choice: Choice): string {
  const row = rowOf(choice);
  const className = row?.stockClassName ?? row?.className ?? '';
  return className.startsWith('RMS') ? `rms${className.slice(3)}` : FACTORY(className);
}

interface Parts {
  readonly choice: Choice;
  readonly facts: Facts;
  readonly config: Config;
}

function normCall({ choice, config }: Parts): string {
  const options = Object.entries(config).map(([key, value]) => [key, literal(value)]);
  return call(factoryName(choice), Object.fromEntries(options));
}

/** Whether β of the norm takes the place of the bias before it. */
function replacesBias(choice: Choice): boolean {
  return rowOf(choice)?.weights.some(({ name }) => name === 'beta') ?? false;
}

/** Weight norm wraps the layer, and comes with a norm that leaves the scale alone. */
function isWrapped(choice: Choice): boolean {
  const row = rowOf(choice);
  return row !== undefined && (row.of === 'weights' || !dividesBySpread(row));
}

function blocks(parts: Parts): string[] {
  const { choice, facts } = parts;
  const rank = rankOf(facts);
  const units = String(facts.channels ?? UNITS[facts.architecture]);
  const make = RANKS[facts.architecture].includes(rank) ? LINEAR[facts.architecture] : dense;
  const { name, options } = make(rank, units, stepsOf(facts));
  const recurrent = name.endsWith('lstm');
  const { inputShape = '', ...others } = options;
  const bias: Record<string, string> = replacesBias(choice) && !recurrent ? { useBias: 'false' } : {};
  const own = rowOf(choice);
  const activation = recurrent ? [] : ["tf.layers.activation({ activation: 'relu' })"];
  const output = facts.position === 'beforeOutput' ? ['tf.layers.dense({ units: 10 })'] : [];
  const linear = isWrapped(choice)
    ? call(factoryName('weight'), { layer: call(name, { ...others, ...bias }), inputShape })
    : call(name, { ...others, ...bias, inputShape });
  return [linear, ...(own?.of === 'activations' ? [normCall(parts)] : []), ...activation, ...output];
}

const sequential = (lines: readonly string[]) => [
  'const model = tf.sequential();',
  ...lines.map((line) => `model.add(${line});`),
];

/** First in a residual branch. */
function preNorm(parts: Parts): string[] {
  const { facts } = parts;
  const units = String(facts.channels ?? UNITS[facts.architecture]);
  const rank = rankOf(facts);
  const steps = rank === 3 ? stepsOf(facts) : '3';
  const shape = [...Array(Math.max(0, rank - 2)).fill(steps), units].join(', ');
  return [
    `const input = tf.input({ shape: [${shape}] });`,
    `const normalized = ${normCall(parts)}.apply(input);`,
    `const hidden = tf.layers.dense({ units: ${units}, activation: 'relu' }).apply(normalized);`,
    `const branch = tf.layers.dense({ units: ${units} }).apply(hidden);`,
    'const output = tf.layers.add().apply([input, branch]);',
    'const model = tf.model({ inputs: input, outputs: output });',
  ];
}

const PRE_NORM: ReadonlySet<Network> = new Set<Network>(['transformer', 'visionTransformer']);

/** A program that runs as printed, with the chosen norm in its place. */
export function snippet(parts: Parts): string {
  const { choice, facts } = parts;
  const row = rowOf(choice);
  const imports = ["import * as tf from '@tensorflow/tfjs';"];
  const residual = PRE_NORM.has(facts.architecture) && row?.of === 'activations';
  const names = [
    ...(row ? [factoryName(choice)] : []),
    ...(isWrapped(choice) && !residual ? [factoryName('weight')] : []),
  ];
  for (const name of new Set(names)) imports.push(`import { ${name} } from 'tfjs-normalization';`);
  return [...imports, '', ...(residual ? preNorm(parts) : sequential(blocks(parts)))].join('\n');
}
