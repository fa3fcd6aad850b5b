/** A process that trains the models it is sent, one after the other, or loads a saved one and predicts. */
import { setImmediate } from 'node:timers/promises';
import { io } from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { replaceStockNormalization } from '../../src/index.js';
import { fileSystem } from '../../src/node/index.js';
import { useBackend } from './backend.js';
import { loadDigits } from './load.js';
import type { Job, Report, TrainingResult } from './protocol.js';
import type { Task } from './task.js';
import { type Progress, predictTest, train } from './train.js';

const send = (report: Report) => process.send?.(report);

async function artifactsOf(model: LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts | undefined;
  await model.save(
    io.withSaveHandler(async (all) => {
      artifacts = all;
      return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(all) };
    }),
  );
  return artifacts as io.ModelArtifacts;
}

async function trainTask(task: Task, keep: boolean): Promise<TrainingResult> {
  const digits = loadDigits();
  const progress = async (now: Progress) => {
    send({ kind: 'progress', progress: now });
    await setImmediate(); // Lets the report leave the process.
  };
  const { model, testError, secondsPerEpoch } = await train(task, digits, { progress });
  const predictions = await predictTest(model, digits, task.seed);
  const kept = keep ? { artifacts: await artifactsOf(model), predictions } : undefined;
  const result = { testError, secondsPerEpoch, parameters: model.countParams(), kept };
  model.dispose();
  return result;
}

async function predictSaved(folder: string, task: Task): Promise<Float32Array> {
  // Batch and layer norm are saved under the host's names. Its own classes would load, and differ by their rounding.
  replaceStockNormalization();
  const model = await loadLayersModel(fileSystem(folder));
  return predictTest(model, loadDigits(), task.seed);
}

process.on('message', async (job: Job) => {
  try {
    await useBackend(job.task.backend);
    if (job.kind === 'train') send({ kind: 'trained', result: await trainTask(job.task, job.keep) });
    else send({ kind: 'predicted', predictions: await predictSaved(job.folder, job.task) });
  } catch (error) {
    send({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', () => process.exit());
