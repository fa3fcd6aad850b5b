import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { NormalizationError, problem } from '../core/errors.js';
import type { ModelFiles } from './paths.js';
import { byteLength } from './sizes.js';

/** Renames make a write atomic only if the bytes are on the disk before the name is. */
async function writeSafely(path: string, parts: readonly (string | Uint8Array)[]): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`; // Same folder, hence the same disk: a rename cannot turn into a copy.
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function weightParts({ subject }: ModelFiles, { weightData, weightSpecs }: io.ModelArtifacts): Uint8Array[] {
  const buffers = weightData === undefined ? [] : Array.isArray(weightData) ? weightData : [weightData];
  const parts = buffers.map((buffer) => new Uint8Array(buffer));
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const lengths = (weightSpecs ?? []).map(byteLength);
  const expected = lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0);
  if (lengths.includes(null) ? bytes < expected : bytes !== expected) {
    throw problem(subject, 'the weights must have the size of their specifications', { bytes, expected });
  }
  return parts;
}

/**
 * Every save has a name of its own, part content, part chance: no file is overwritten by other bytes, and none that one
 * save clears away can be the one that another, at the same time, has just written.
 */
function weightName(json: string, parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return `${json.replace(/\.json$/, '')}.weights.${hash.digest('hex').slice(0, 16)}${randomBytes(4).toString('hex')}.bin`;
}

function modelJSON(artifacts: io.ModelArtifacts, weightsManifest: io.WeightsManifestConfig): string {
  const { weightData, weightSpecs, getWeightStream, modelTopology, ...rest } = artifacts;
  return JSON.stringify({ modelTopology, ...rest, weightsManifest });
}

/** Weight files of the model that is about to be replaced; only names this module gives, never a user's own files. */
async function replacedWeights({ folder, json }: ModelFiles): Promise<string[]> {
  const stem = json.replace(/\.json$/, '');
  try {
    const old = JSON.parse(await readFile(join(folder, json), 'utf8')) as io.ModelJSON;
    const names = old.weightsManifest.flatMap((group) => group.paths);
    return names.filter(
      (name) => name.startsWith(stem) && /^\.weights\.[0-9a-f]{24}\.bin$/.test(name.slice(stem.length)),
    );
  } catch {
    return []; // Nothing was there, or something that is no model file: nothing of ours to clear.
  }
}

async function replace(files: ModelFiles, artifacts: io.ModelArtifacts, parts: readonly Uint8Array[]): Promise<void> {
  const { folder, json } = files;
  await mkdir(folder, { recursive: true });
  const replaced = await replacedWeights(files);
  const name = weightName(json, parts);
  const weights = artifacts.weightSpecs ?? [];
  if (weights.length > 0) await writeSafely(join(folder, name), parts);
  try {
    await writeSafely(join(folder, json), [
      modelJSON(artifacts, weights.length > 0 ? [{ paths: [name], weights }] : []),
    ]);
  } catch (error) {
    await rm(join(folder, name), { force: true });
    throw error;
  }
  // The new model is complete. A file that cannot be cleared now costs space, not correctness.
  await Promise.allSettled(replaced.map((old) => rm(join(folder, old), { force: true })));
}

/**
 * Writes a model so that its folder holds either the old model or the new one, whole, whatever fails and whenever.
 * Weights first, under a name no model file mentions yet; then the model file, whose renaming is the one step that counts.
 */
export async function writeModel(files: ModelFiles, artifacts: io.ModelArtifacts): Promise<void> {
  const { folder, subject } = files;
  const { modelTopology } = artifacts;
  if (typeof modelTopology !== 'object' || modelTopology === null || modelTopology instanceof ArrayBuffer) {
    throw problem(subject, 'only a model with a JSON topology can be saved', { modelTopology: typeof modelTopology });
  }
  const parts = weightParts(files, artifacts);
  try {
    await replace(files, artifacts, parts);
  } catch (error) {
    if (error instanceof NormalizationError) throw error;
    const received = { folder, error: error instanceof Error ? error.message : String(error) };
    const advice = 'Check the free space and the permissions of the folder.';
    const failure = problem(subject, 'the model must be writable; the files there are as before', received, advice);
    failure.cause = error;
    throw failure;
  }
}
