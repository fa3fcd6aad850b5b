import { factsOf, type Norm, normsToCompare } from '../task.js';
import type { Epoch, Listener, Progress } from '../train.js';
import type { Line, Point } from './chart.js';
import type { Settings } from './settings.js';
import { trainInWorker } from './workers.js';

/** Two models in training, and what is known of them so far. */

export interface Model {
  readonly role: Line['role'];
  readonly norm: Norm;
  /** Epochs done, with the fraction of the running one. */
  epochs: number;
  readonly losses: Point[];
  /** Running means of the losses, the recent ones weighing more. */
  readonly smooth: Point[];
  /** In percent. */
  readonly errors: Point[];
  readonly seconds: number[];
}

/** Epochs over which a loss is smoothed. Reports are not equally far apart: the last one may be of a single step. */
const WINDOW = 0.2;

function smoothed(before: Point | undefined, [epochs, loss]: Point): Point {
  if (!before) return [epochs, loss];
  const kept = Math.exp((before[0] - epochs) / WINDOW);
  return [epochs, kept * before[1] + (1 - kept) * loss];
}

export function modelsFor({ architecture, batchSize }: Settings): Model[] {
  const norms = normsToCompare(factsOf(architecture, batchSize));
  return norms.map((norm) => ({
    role: norm === 'batch' ? 'batch' : 'other',
    norm,
    epochs: 0,
    losses: [],
    smooth: [],
    errors: [],
    seconds: [],
  }));
}

function listenFor(model: Model, changed: () => void): Required<Listener> {
  return {
    progress({ epochs, loss }: Progress) {
      model.epochs = epochs;
      model.losses.push([epochs, loss]);
      model.smooth.push(smoothed(model.smooth.at(-1), [epochs, loss]));
      changed();
    },
    epoch({ epochs, seconds, testError }: Epoch) {
      model.errors.push([epochs, 100 * testError]);
      model.seconds.push(seconds);
      changed();
    },
  };
}

/** Trains all of them at once, each in its worker. The first that fails ends the others. */
export async function trainModels(
  models: readonly Model[],
  { backend, ...settings }: Settings,
  stop: AbortController,
  changed: () => void,
): Promise<void> {
  const train = (model: Model) => {
    const task = { norm: model.norm, ...settings };
    return trainInWorker(task, backend, stop.signal, listenFor(model, changed));
  };
  try {
    await Promise.all(models.map(train));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}
