import type { serialization } from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';
import type { NormRow } from '../norms.js';

type Config = Record<string, unknown>;

/** What Keras 2, Keras 3 and TensorFlow Addons write besides the options, and which says nothing about the numbers. */
const SILENT = [
  'customObjects',
  'module',
  'registeredName',
  'buildConfig',
  'autocast',
  'dynamic',
  'ragged',
  'sparse',
  'fused',
  'renormMomentum',
  'renormClipping',
] as const;

/** Keys that change the numbers unless they have this value. */
const NEUTRAL: Readonly<Record<string, unknown>> = {
  renorm: false,
  rmsScaling: false,
  virtualBatchSize: null,
  adjustment: null,
};

const warned = new Set<string>();

function warnOnce(subject: string, key: string): void {
  const id = `${subject}/${key}`;
  if (warned.has(id)) return;
  warned.add(id);
  console.warn(`[${subject}] "${key}" in a saved configuration is not an option of this layer and was ignored.`);
}

/** Keras 3 writes a policy object; every layer here computes in float32, whatever its input holds. */
function dtype(value: unknown): unknown {
  const policy = value as { config?: { name?: unknown } } | null;
  const name = typeof value === 'object' ? policy?.config?.name : value;
  if (name === 'int32' || name === 'bool') return name;
  return name === undefined || name === null ? undefined : 'float32';
}

/**
 * Turns a configuration from a file into constructor options: one-element axis lists become numbers where the layer
 * takes one axis, keys of no consequence go, a key that would change the numbers is refused, others are warned of once.
 */
export function upgradeConfig(row: NormRow, known: ReadonlySet<string>, config: serialization.ConfigDict): Config {
  const result: Config = {};
  for (const [key, value] of Object.entries(config as Config)) {
    if (key === 'dtype') result.dtype = dtype(value);
    else if (known.has(key)) result[key] = value;
    else if (Object.hasOwn(NEUTRAL, key)) refuseUnlessNeutral(row.className, key, value);
    else if (!saysNothing(row, key, value)) warnOnce(row.className, key);
  }
  if (result.axis === null) {
    const advice = 'Give the channel axis: this layer has statistics per channel.';
    throw problem(row.className, 'axis: null (all axes but the batch) is not supported', { axis: null }, advice);
  }
  if (Array.isArray(result.axis) && result.axis.length === 1) result.axis = result.axis[0];
  for (const key of Object.keys(result)) if (result[key] === undefined) delete result[key];
  return result;
}

/** Keys without consequence: absent values, what other packages write besides, statistics shared across devices or not. */
function saysNothing(row: NormRow, key: string, value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (key === 'synchronized') return value === false;
  return SILENT.includes(key as (typeof SILENT)[number]) || row.foreignKeys?.includes(key) === true;
}

function refuseUnlessNeutral(subject: string, key: string, value: unknown): void {
  if (value === NEUTRAL[key] || value === null || value === undefined) return;
  throw problem(
    subject,
    `${key} changes what the layer computes, and is not supported`,
    { [key]: value },
    `Retrain or export the model with ${key} = ${NEUTRAL[key]}.`,
  );
}
