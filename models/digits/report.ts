import { MultiBar, type SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { colorsFor } from '../../src/cli/host.js';
import { paragraph } from '../../src/cli/print.js';
import { recommendNormalization } from '../../src/guide/index.js';
import { mean, withSpread } from '../../src/monitor/statistics.js';
import { PIXELS, TRAINING_IMAGES } from './data.js';
import type { Options } from './options.js';
import type { TrainingResult } from './protocol.js';
import { factsOf, learningRate, MOMENTUM, type Task } from './task.js';
import type { Progress } from './train.js';
import { inWords } from './words.js';

const LAYERS = {
  mlp: `mlp ${PIXELS}-128-128-10`,
  cnn: 'cnn of 3 × 3 convolutions to 16, 32 and 32 channels, 10 outputs',
};

/** Every setting a result depends on. */
export function describeSettings(options: Options, images: number): string {
  const { batchSize, epochs, seed, seeds, backend, architecture } = options;
  const last = seeds > 1 ? ` to ${seed + seeds - 1}` : '';
  return [
    `${images} handwritten digits of 8 × 8 pixels: ${TRAINING_IMAGES} to train, ${images - TRAINING_IMAGES} to test`,
    `${LAYERS[architecture]}, a norm before each ReLU; weights He normal; pixels / 8 - 1; ${backend} backend`,
    `batch size ${batchSize}, epochs ${epochs}, SGD with momentum ${MOMENTUM}, learning rate 0.1 · ${batchSize} / 32` +
      ` = ${learningRate(batchSize)}, seed ${seed}${last} (split, initial weights and order)`,
  ].join('\n');
}

/** What the guide says about this network, and why. */
export function describeAdvice({ architecture, batchSize }: Options): string {
  const facts = factsOf(architecture, batchSize);
  const { norm, config, reasons, alternatives } = recommendNormalization(facts);
  const others = alternatives.map((other) => `${other.norm}${other.wins ? ` (with ${inWords(other.wins)})` : ''}`);
  const paper = { width: 100, colors: colorsFor(process.stdout, process.env) };
  return [
    ...paragraph(paper, `The guide, for ${inWords(facts)}: ${[norm, inWords(config)].filter(Boolean).join(', ')}`, 0),
    ...reasons.flatMap(({ id, text, source }) => paragraph(paper, `${text} [${id}: ${source.title}]`)),
    ...paragraph(paper, `alternatives: ${others.join(', ')}`),
  ].join('\n');
}

export interface ProgressDisplay {
  update(task: Task, progress: Progress): void;
  stop(): void;
}

/** One live bar a norm on a terminal; in a file or a pipe, a line a norm and quarter of the way. */
export function showProgress({ norm, epochs, seeds }: Options): ProgressDisplay {
  const width = Math.max(...norm.map((id) => id.length));
  const total = epochs * seeds;
  if (!process.stdout.isTTY) return plainLines(width, seeds > 1);
  const format = '{name} {bar} {percentage} % · epoch {epoch} · loss {loss} · {eta_formatted} left';
  const bars = new MultiBar({ format, barCompleteChar: '━', barIncompleteChar: '╌', hideCursor: true });
  const initial = { epoch: 0, loss: '–' };
  const byNorm = new Map<string, SingleBar>(
    norm.map((id) => [id, bars.create(total, 0, { name: id.padEnd(width), ...initial })]),
  );
  const done = new Map<Task, number>();
  return {
    update(task, { epochs: now, loss }) {
      done.set(task, now);
      const sum = [...done].reduce((all, [{ norm: id }, part]) => all + (id === task.norm ? part : 0), 0);
      byNorm.get(task.norm)?.update(sum, { epoch: `${Math.ceil(sum)}/${total}`, loss: loss.toFixed(3) });
    },
    stop: () => bars.stop(),
  };
}

function plainLines(width: number, nameSeeds: boolean): ProgressDisplay {
  const shown = new Map<Task, number>();
  return {
    update(task, { epochs: now, loss }) {
      const step = Math.ceil(task.epochs / 4);
      const due = now === task.epochs || now >= (shown.get(task) ?? 0) + step;
      if (!due) return;
      shown.set(task, Math.floor(now));
      const which = nameSeeds ? ` (seed ${task.seed})` : '';
      console.log(
        `${task.norm.padEnd(width)}${which} epoch ${Math.floor(now)}/${task.epochs}, loss ${loss.toFixed(3)}`,
      );
    },
    stop: () => {},
  };
}

export interface Row {
  readonly norm: string;
  /** One result a seed. */
  readonly results: readonly TrainingResult[];
}

export const meanError = ({ results }: Row) => mean(results.map(({ testError }) => testError));

export function resultTable(rows: readonly Row[]): string {
  const head = ['norm', 'test error, %', 'seconds an epoch', 'parameters'];
  const colAligns: ('left' | 'right')[] = ['left', 'right', 'right', 'right'];
  // No colours: the table must read the same in a file.
  const table = new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
  for (const { norm, results } of rows) {
    const errors = results.map(({ testError }) => 100 * testError);
    const seconds = results.map(({ secondsPerEpoch }) => secondsPerEpoch);
    table.push([norm, withSpread(errors, 2), withSpread(seconds, 2), results[0]?.parameters ?? 0]);
  }
  return table.toString();
}
