import type { io } from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';
import { BYTES, QUANTIZED_BYTES, type WeightSpec } from './sizes.js';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own entry of a table; a key such as `toString` finds nothing. */
function entry<T extends object>(table: T, key: unknown): T[keyof T] | undefined {
  return typeof key === 'string' && Object.hasOwn(table, key) ? table[key as keyof T] : undefined;
}

function checkQuantization(subject: string, spec: Record<string, unknown>): void {
  const quantization = spec.quantization;
  if (!isRecord(quantization)) throw problem(subject, 'quantization of a weight must be an object', spec);
  const { dtype, scale, min } = quantization;
  const allowed = dtype === 'float16' ? ['float32'] : ['float32', 'int32'];
  if (entry(QUANTIZED_BYTES, dtype) === undefined || !allowed.includes(spec.dtype as string)) {
    const received = { name: spec.name, dtype: spec.dtype, quantization };
    throw problem(subject, 'a weight can be quantized as uint8, uint16 or, if float32, float16', received);
  }
  if (dtype !== 'float16' && !(Number.isFinite(scale) && Number.isFinite(min))) {
    throw problem(subject, 'quantization needs a finite scale and min', { name: spec.name, scale, min });
  }
}

function checkSpec(subject: string, spec: unknown): asserts spec is WeightSpec {
  if (!isRecord(spec)) throw problem(subject, 'every weight in the manifest must be an object', { weight: spec });
  const { name, shape, dtype } = spec;
  if (typeof name !== 'string' || name === '') throw problem(subject, 'a weight needs a name', { name });
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw problem(subject, 'the shape of a weight must be a list of whole numbers', { name, shape });
  }
  if (entry(BYTES, dtype) === undefined && dtype !== 'string') {
    const advice = `Use one of ${Object.keys(BYTES).join(', ')}, string.`;
    throw problem(subject, 'the dtype of a weight must be one that TensorFlow.js knows', { name, dtype }, advice);
  }
  // The host looks whether the key is there, not at its value.
  if ('quantization' in spec) checkQuantization(subject, spec);
}

function checkManifest(subject: string, manifest: unknown): asserts manifest is io.WeightsManifestConfig {
  if (!Array.isArray(manifest))
    throw problem(subject, 'weightsManifest must be a list of groups', { type: typeof manifest });
  for (const group of manifest) {
    if (!isRecord(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
      throw problem(subject, 'a group of the manifest must have the lists paths and weights', {
        keys: Object.keys(Object(group)),
      });
    }
    if (!group.paths.every((path) => typeof path === 'string' && path !== '')) {
      throw problem(subject, 'the paths of a manifest must be names of files', { paths: group.paths });
    }
    for (const spec of group.weights) checkSpec(subject, spec);
  }
}

/** The content of a model file, after checking everything that reading its weights depends on. */
export function parseModelJSON(subject: string, text: string): io.ModelJSON {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const advice = 'The file may be cut off, or not a model file.';
    throw problem(subject, 'the model file must hold JSON', { error: (error as Error).message }, advice);
  }
  if (!isRecord(json)) throw problem(subject, 'the model file must hold an object', { found: typeof json });
  if (!isRecord(json.modelTopology)) {
    const advice = 'A model file has modelTopology and weightsManifest, as model.save writes them.';
    throw problem(subject, 'the model file must have a modelTopology', { keys: Object.keys(json) }, advice);
  }
  const weightsManifest: unknown = json.weightsManifest ?? [];
  checkManifest(subject, weightsManifest);
  return { ...json, modelTopology: json.modelTopology, weightsManifest };
}
