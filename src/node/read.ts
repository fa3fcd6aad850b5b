import { type FileHandle, open, readFile, realpath, stat } from 'node:fs/promises';
import { join, posix, sep, win32 } from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import { NormalizationError, problem } from '../core/errors.js';
import { parseModelJSON } from './manifest.js';
import type { ModelFiles } from './paths.js';
import { checkSize, checkStrings, type WeightSpec } from './sizes.js';

interface WeightFile {
  readonly path: string;
  readonly bytes: number;
}

interface Group {
  readonly weights: readonly WeightSpec[];
  readonly shards: readonly WeightFile[];
  readonly bytes: number;
}

const sum = (parts: readonly { bytes: number }[]) => parts.reduce((total, part) => total + part.bytes, 0);
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

async function readModelFile({ folder, json, subject }: ModelFiles): Promise<string> {
  try {
    return await readFile(join(folder, json), 'utf8');
  } catch (error) {
    const advice = `Give the folder that holds a model.json, or the path of the model file itself.`;
    throw problem(subject, `${json} must be a readable file`, { folder, error: codeOf(error) }, advice);
  }
}

/** The file a manifest's path means. A path is a stranger's text: it may not lead out of the model's folder. */
async function weightFile({ folder, subject }: ModelFiles, path: string): Promise<WeightFile> {
  const outside = () =>
    problem(subject, 'the weights must lie in the folder of the model', { path }, 'Do not load this file unexamined.');
  // Either system's separators: a file written for Windows is refused on Linux too, and the reverse.
  const climbs = path.split(/[\\/]/).includes('..');
  if (climbs || posix.isAbsolute(path) || win32.isAbsolute(path) || /^[a-z]:|\0/i.test(path)) throw outside();
  let real: string;
  try {
    real = await realpath(join(folder, path));
  } catch (error) {
    const advice = 'Copy every file that belongs to the model into its folder.';
    throw problem(subject, 'a weight file of the manifest is missing', { path, error: codeOf(error) }, advice);
  }
  const home = await realpath(folder);
  if (!real.startsWith(home.endsWith(sep) ? home : home + sep)) throw outside(); // A link may point anywhere.
  const status = await stat(real);
  if (!status.isFile()) throw problem(subject, 'weights must be an ordinary file', { path });
  return { path: real, bytes: status.size };
}

async function fill(handle: FileHandle, target: Uint8Array): Promise<boolean> {
  for (let done = 0; done < target.length; ) {
    const step = Math.min(target.length - done, 2 ** 30); // Node reads less than 2 GiB at a time.
    const { bytesRead } = await handle.read(target, done, step, done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}

async function readInto(subject: string, file: WeightFile, target: Uint8Array): Promise<void> {
  const handle = await open(file.path);
  try {
    if (await fill(handle, target)) return;
  } finally {
    await handle.close();
  }
  throw problem(subject, 'a weight file must not shrink while it is read', { path: file.path }, 'Try again.');
}

/** Finds a group's files and checks their sizes. A file serves once, or a small one could be declared a huge weight. */
async function findGroup(
  files: ModelFiles,
  group: io.WeightsManifestConfig[number],
  used: Set<string>,
): Promise<Group> {
  const { paths, weights } = group;
  const shards: WeightFile[] = [];
  for (const path of paths) {
    const shard = await weightFile(files, path);
    if (used.has(shard.path)) throw problem(files.subject, 'a manifest must name each file once', { path });
    used.add(shard.path);
    shards.push(shard);
  }
  const bytes = sum(shards);
  checkSize(files.subject, weights, paths, bytes);
  return { weights, shards, bytes };
}

async function readWeights(files: ModelFiles, manifest: io.WeightsManifestConfig): Promise<ArrayBuffer> {
  const used = new Set<string>();
  const groups: Group[] = [];
  for (const group of manifest) groups.push(await findGroup(files, group, used));
  const data = new ArrayBuffer(sum(groups));
  let offset = 0;
  for (const { weights, shards, bytes } of groups) {
    const start = offset;
    for (const shard of shards) {
      await readInto(files.subject, shard, new Uint8Array(data, offset, shard.bytes));
      offset += shard.bytes;
    }
    checkStrings(files.subject, weights, new Uint8Array(data, start, bytes));
  }
  return data;
}

async function readArtifacts(files: ModelFiles, text: string): Promise<io.ModelArtifacts> {
  const json = parseModelJSON(files.subject, text);
  const specs = json.weightsManifest.flatMap((group) => group.weights);
  const data = await readWeights(files, json.weightsManifest);
  const { weightSpecs, weightData, ...rest } = io.getModelArtifactsForJSONSync(json, specs, data);
  // Without weights (a model saved for its topology only) the host must keep its fresh ones.
  return specs.length === 0 ? rest : { ...rest, weightSpecs, weightData };
}

function unreadable({ folder, subject }: ModelFiles, error: unknown): NormalizationError {
  if (error instanceof NormalizationError) return error;
  const failure = problem(subject, 'the weight files must be readable', { folder, error: codeOf(error) });
  failure.cause = error;
  return failure;
}

/** Reads a saved model: one group of weights or several, each in one file or in shards, as the converter writes them. */
export async function readModel(files: ModelFiles): Promise<io.ModelArtifacts> {
  for (let text = await readModelFile(files); ; ) {
    try {
      return await readArtifacts(files, text);
    } catch (error) {
      // A save in another process may have replaced the model since its file was read: then the new one is meant.
      const now = await readModelFile(files);
      if (now === text) throw unreadable(files, error);
      text = now;
    }
  }
}
