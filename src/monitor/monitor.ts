import { CustomCallback, type LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import { checkModel } from '../layers/inputs.js';
import type { LayerFilter } from '../layers/select.js';
import { layersWithin } from '../layers/within.js';
import { look, rehearse } from './look.js';
import { readingOf } from './points.js';
import { MONITOR, type Probe, type ProbeLoss, probeOf } from './probe.js';
import { type Drawable, hostOf, renderSeries } from './render.js';
import { selectLayers } from './select.js';
import { emptySeries, findingsIn, type MonitorFinding, type MonitorSeries, seriesText } from './series.js';

/** Options of {@link monitorNormalization}. */
export interface MonitorOptions {
  /** A batch to look at the model with: inputs, or `{ xs, ys }`, by which gradients are seen too. It stays yours. */
  probe: Probe;
  /** Look after so many steps, or after every epoch. @default 'epoch' */
  every?: number | 'epoch';
  /**
   * Globs over paths (`'encoder/*'`; `*` within a name, `**` across; one without `/` means a layer's own name), or a function
   * that says so. @default the normalization layers
   */
  layers?: LayerFilter;
  /** For a model that is not compiled, the loss of one output. @default what it was compiled with */
  loss?: ProbeLoss;
  /** Told of each finding, when it is first seen. */
  onFinding?(finding: MonitorFinding): void;
}

/** What {@link monitorNormalization} returns: callbacks for `fit` and `fitDataset`, and what they saw. */
export interface NormalizationMonitor extends CustomCallback {
  /** Looks now: for loops written by hand. `step` and `epoch` say where; by default one step on. */
  measure(at?: { readonly step: number; readonly epoch: number }): Promise<void>;
  readonly findings: readonly MonitorFinding[];
  /** Everything measured, as plain values (a copy). NaN becomes null in JSON. */
  series(): MonitorSeries;
  /** Draws into an element of a page, or a surface of tfjs-vis, and again after every look. */
  render(drawable: Drawable): void;
  /** The last look as a table. */
  toString(): string;
}

const CALLS = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onBatchBegin', 'onBatchEnd'] as const;

/** The host calls them bound or unbound, alone or in a list with other callbacks. */
function callbackOf(handlers: ConstructorParameters<typeof CustomCallback>[0]): CustomCallback {
  const callback = new CustomCallback(handlers, 'auto');
  for (const name of CALLS) Object.assign(callback, { [name]: callback[name].bind(callback) });
  return callback;
}

function checkOptions(model: LayersModel, { every = 'epoch', loss }: MonitorOptions): void {
  checkModel(MONITOR, model);
  if (loss !== undefined && typeof loss !== 'function') {
    throw problem(
      MONITOR,
      'loss must be a function',
      { loss },
      'Compile the model with a loss by name, or pass tf.losses.…',
    );
  }
  if (every !== 'epoch' && !(Number.isInteger(every) && every > 0)) {
    throw problem(MONITOR, "every must be a whole number of steps, or 'epoch'", { every }, "Try 'epoch'.");
  }
  const stateful = layersWithin(model).find(({ layer }) => (layer as { stateful?: boolean }).stateful === true);
  if (!stateful) return;
  const advice = 'Monitor a copy that is not stateful.';
  throw problem(MONITOR, 'a look would move the states of a stateful layer', { layer: stateful.path }, advice);
}

/** What was seen so far, and who is to know. */
function recorder(model: LayersModel, options: MonitorOptions) {
  const watched = selectLayers(MONITOR, model, options.layers);
  const probe = probeOf(model, options.probe);
  const layers = watched.map(emptySeries);
  const losses: { step: number; epoch: number; loss: number | null }[] = [];
  const findings: MonitorFinding[] = [];
  const hosts = new Set<HTMLElement>();
  const known = new Set<string>();
  const series = (): MonitorSeries => ({
    layers: layers.map((each) => ({ ...each, points: [...each.points] })),
    losses: [...losses],
    findings: [...findings],
  });
  const measure = async (step: number, epoch: number) => {
    if (losses.length === 0) rehearse(model, probe, options.loss);
    const reading = await readingOf(model, watched, look(model, watched, probe, options.loss));
    losses.push({ step, epoch, loss: reading.loss });
    watched.forEach(({ layer }, i) => {
      const point = reading.layers.get(layer);
      if (point) layers[i]?.points.push({ step, epoch, ...point });
    });
    for (const found of findingsIn(reading, watched, layersWithin(model))) {
      const key = `${found.what} ${found.path} ${found.what === 'weight' ? found.message.split(' values of ')[1] : ''}`;
      if (known.has(key)) continue;
      known.add(key);
      const finding = { ...found, step, epoch };
      findings.push(finding);
      options.onFinding?.(finding);
    }
    for (const host of hosts) renderSeries(host, series());
  };
  const show = (drawable: Drawable) => {
    const host = hostOf(drawable);
    hosts.add(host);
    renderSeries(host, series());
  };
  return { measure, series, show, findings, lastStep: () => losses.at(-1)?.step };
}

/**
 * Watches the normalization layers of a model while it trains: pass what it returns to `fit({ callbacks })`.
 *
 * Of each layer, on the probe: mean and deviation of what it gives, the share of dead channels (standard deviation ≤ a thousandth
 * of the layer's), ‖gradient‖ of its trainable weights, the gap between batch and moving statistics, and what a gate ρ or a switch
 * has learned to use. What is not finite, in activations, gradients, the loss and all weights of the model, becomes a finding.
 *
 * A look runs the model once forwards, with `ys` also backwards: norms as in training, everything else as in inference, so that
 * equal weights give equal numbers. It changes nothing: no weight, no moving statistic, no state of the optimizer, nothing drawn
 * at random; training goes on bit for bit as without it. It costs about one training step on the probe, before the first step,
 * after each `every` and at the end. Positions that a mask hides count like others.
 *
 * Models and wrappers within the model are watched too. A layer that is used more than once, or once a time step
 * (TimeDistributed), has all its uses in one number; a frozen one has no gradient.
 *
 * @throws NormalizationError where no layer matches, for a probe that is not tensors, and for models with stateful layers.
 *
 * @example
 * ```js
 * const xs = tf.randomNormal([32, 4]);
 * const ys = tf.sum(xs, 1, true);
 * const model = tf.sequential();
 * model.add(tf.layers.dense({ units: 8, inputShape: [4] }));
 * model.add(batchNormalization());
 * model.add(tf.layers.dense({ units: 1 }));
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
 * const monitor = monitorNormalization(model, { probe: { xs, ys } });
 * await model.fit(xs, ys, { epochs: 2, verbose: 0, callbacks: monitor });
 * console.log(String(monitor), monitor.series().layers[0].points);
 * ```
 */
export function monitorNormalization(model: LayersModel, options: MonitorOptions): NormalizationMonitor {
  checkOptions(model, options);
  const { every = 'epoch' } = options;
  const record = recorder(model, options);
  let [steps, epochs] = [0, 0];
  const due = async () => {
    if (record.lastStep() !== steps) await record.measure(steps, epochs);
  };
  // A step is counted when the next one begins: to wait for its end would make the host read its loss.
  let running = false;
  const stepEnds = async () => {
    if (!running) return;
    running = false;
    steps++;
    if (every !== 'epoch' && steps % every === 0) await due();
  };
  const callback = callbackOf({
    onTrainBegin: due,
    onBatchBegin: async () => {
      await stepEnds();
      running = true;
    },
    onEpochEnd: async () => {
      epochs++;
      await stepEnds();
      if (every === 'epoch') await due();
    },
    onTrainEnd: async () => {
      await stepEnds();
      await due();
    },
  });
  return Object.assign(callback, {
    measure: async (at?: { readonly step: number; readonly epoch: number }) => {
      const next = record.lastStep() === undefined ? 0 : steps + 1;
      ({ step: steps, epoch: epochs } = at ?? { step: next, epoch: epochs });
      await record.measure(steps, epochs);
    },
    findings: record.findings as readonly MonitorFinding[],
    series: record.series,
    render: record.show,
    toString: () => seriesText(record.series()),
  });
}
