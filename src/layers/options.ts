import { problem } from '../core/errors.js';
import { nearest } from '../core/near.js';
import type { NormRow } from '../norms.js';
import { checkStatistics } from '../ops/switchable.js';

/** Keys every tfjs layer takes. */
const HOST_KEYS = ['inputShape', 'batchInputShape', 'batchSize', 'dtype', 'name', 'trainable', 'weights', 'inputDType'];

/** Options as a layer keeps them: the caller's values, checked, lists copied. */
export type Options = Record<string, unknown>;

type Check = (subject: string, key: string, value: unknown) => void;

const refuse = (subject: string, rule: string, key: string, value: unknown, advice: string) => {
  throw problem(subject, rule, { [key]: value }, advice);
};

const number =
  (rule: string, holds: (n: number) => boolean, advice: string): Check =>
  (subject, key, value) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value))
      refuse(subject, rule, key, value, advice);
  };

const boolean: Check = (subject, key, value) => {
  if (typeof value !== 'boolean') refuse(subject, `${key} must be true or false`, key, value, 'Use a boolean.');
};

const axis: Check = (subject, key, value) => {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((a) => Number.isInteger(a))) {
    refuse(subject, 'axis must be an integer, or a list of them where several are averaged', key, value, 'Use -1.');
  }
  if (new Set(list).size < list.length) {
    refuse(subject, 'axis must not name a dimension twice', key, value, 'Name each dimension once.');
  }
};

const groups: Check = (subject, key, value) => {
  const holds = value === 'auto' || value === -1 || (Number.isInteger(value) && (value as number) >= 1);
  if (holds) return;
  const rule = "groups must be a positive integer, -1 (one channel a group) or 'auto'";
  refuse(subject, rule, key, value, 'Use a divisor of the channels.');
};

const training: Check = (subject, key, value) => {
  if (value === 'auto' || typeof value === 'boolean') return;
  refuse(subject, "training must be 'auto', true or false", key, value, "Use 'auto' to follow the host.");
};

/** One check an option, the same in every layer that has it. */
const CHECKS: Readonly<Record<string, Check>> = {
  axis,
  groups,
  training,
  center: boolean,
  scale: boolean,
  dataInit: boolean,
  epsilon: number('epsilon must be a finite number greater than 0', (n) => n > 0, 'Try 1e-5.'),
  momentum: number('momentum must lie in [0, 1]', (n) => n >= 0 && n <= 1, 'It is the share kept: PyTorch has 1 − it.'),
  partial: number('partial must be greater than 0 and at most 1', (n) => n > 0 && n <= 1, 'Use 1 for all features.'),
  offset: number('offset must be a finite number', () => true, 'Use 0, or 1 for a scale that starts at 0.'),
  rhoLearningRateMultiplier: number('rhoLearningRateMultiplier must be greater than 0', (n) => n > 0, 'Try 10.'),
  statistics: (subject, _key, value) => checkStatistics(subject, value as never),
};

/** The keys a norm's constructor knows besides the host's. */
export function ownKeys(row: NormRow): string[] {
  const identifiers = row.weights.flatMap(({ option, trainable }) => {
    if (option === undefined) return [];
    return (trainable ? ['Initializer', 'Regularizer', 'Constraint'] : ['Initializer']).map((part) => option + part);
  });
  return [...(row.of === 'weights' ? ['layer'] : []), ...Object.keys(row.defaults), ...identifiers];
}

/** All keys a norm's constructor knows. */
export function knownKeys(row: NormRow): ReadonlySet<string> {
  return new Set([...HOST_KEYS, ...ownKeys(row)]);
}

/** Refuses host options of the wrong type, which the host takes as they come. */
function checkHostOptions({ name, trainable }: Options): void {
  if (name !== undefined && name !== null && typeof name !== 'string') {
    throw problem('layer', 'name must be a string', { name }, 'Leave it out for an automatic one.');
  }
  if (trainable !== undefined && trainable !== null && typeof trainable !== 'boolean') {
    throw problem(`layer "${name ?? ''}"`, 'trainable must be true or false', { trainable }, 'Use a boolean.');
  }
}

/** The host's share of the options, for its constructor. */
export function hostOptions(args: Options): Options {
  checkHostOptions(args);
  return Object.fromEntries(HOST_KEYS.filter((key) => args[key] !== undefined).map((key) => [key, args[key]]));
}

/** Refuses keys the layer does not know: tfjs drops a misspelt option in silence. */
export function checkKeys(subject: string, row: NormRow, args: Options): void {
  const known = knownKeys(row);
  for (const key of Object.keys(args)) {
    if (known.has(key) || key === 'customObjects') continue;
    const near = nearest(key, ownKeys(row));
    const advice = near ? `Did you mean ${near}?` : `Options are ${ownKeys(row).join(', ')}.`;
    throw problem(subject, 'unknown option', { option: key }, advice);
  }
}

/** The norm's own options, checked, each at its default where it was not given. */
export function readOptions(subject: string, row: NormRow, args: Options): Options {
  const options: Options = {};
  for (const [key, byDefault] of Object.entries(row.defaults)) {
    const value = args[key] ?? byDefault;
    CHECKS[key]?.(subject, key, value);
    options[key] = Array.isArray(value) ? [...value] : value;
  }
  if (row.parametersOver === 'channels' && Array.isArray(options.axis)) {
    throw problem(subject, 'axis must be one integer: the channel axis', { axis: options.axis }, 'Use -1 or 1.');
  }
  return options;
}
