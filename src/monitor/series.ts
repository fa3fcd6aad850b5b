import { weightName } from '../layers/intercept.js';
import { normalizationNamed } from '../layers/known.js';
import type { Placed } from '../layers/within.js';
import type { NormId } from '../norms.js';
import type { LayerPoint, Reading } from './points.js';
import { short, textTable } from './text.js';

/** Something that is not finite; told once, when it is first seen. */
export interface MonitorFinding {
  /** The layer's path; undefined for the loss. */
  readonly path: string | undefined;
  readonly what: 'activations' | 'gradient' | 'weight' | 'loss';
  /** Steps done when it was seen. */
  readonly step: number;
  readonly epoch: number;
  readonly message: string;
}

export interface SeriesPoint extends LayerPoint {
  readonly step: number;
  readonly epoch: number;
}

/** One watched layer. */
export interface LayerSeries {
  readonly path: string;
  readonly className: string;
  /** Undefined for a layer that is no norm. */
  readonly norm: NormId | undefined;
  /** What cannot be seen, or is seen together. */
  readonly notes: readonly string[];
  readonly points: readonly SeriesPoint[];
}

/** All that was measured, as plain values; layers in the order of the model. */
export interface MonitorSeries {
  readonly layers: readonly LayerSeries[];
  readonly losses: readonly { readonly step: number; readonly epoch: number; readonly loss: number | null }[];
  readonly findings: readonly MonitorFinding[];
}

const bad = (value: number | null) => value !== null && !Number.isFinite(value);

/** What a reading says is not finite: weights first, as they spoil the rest, then layers in the order of the model. */
export function findingsIn(
  { loss, layers, spoilt }: Reading,
  watched: readonly Placed[],
  all: readonly Placed[],
): Pick<MonitorFinding, 'path' | 'what' | 'message'>[] {
  const weights = [...spoilt].map(([weight, count]) => {
    // The innermost layer that has it: wrappers and models list what they hold.
    const path = all.filter(({ layer }) => layer.weights.includes(weight)).at(-1)?.path;
    const message = `${path}: ${count} of the ${weight.shape.reduce<number>((a, b) => a * (b ?? 1), 1)} values of ${weightName(weight)} are not finite`;
    return { path, what: 'weight', message } as const;
  });
  const seen = watched.flatMap(({ path, layer }) => {
    const point = layers.get(layer);
    const activations = point && (bad(point.mean) || bad(point.deviation));
    return [
      ...(activations
        ? [{ path, what: 'activations', message: `${path} gives values that are not finite` } as const]
        : []),
      ...(point && bad(point.gradientNorm)
        ? [{ path, what: 'gradient', message: `${path}: the gradient is not finite` } as const]
        : []),
    ];
  });
  const end = bad(loss)
    ? [{ path: undefined, what: 'loss', message: `the loss on the probe is ${loss}` } as const]
    : [];
  return [...weights, ...seen, ...end];
}

/** What a reader should know about a layer's numbers. */
function notesOf({ layer, holder }: Placed): string[] {
  const frozen = layer.trainableWeights.length === 0 && layer.weights.length > 0;
  const shared = layer.inboundNodes.length > 1;
  const steps = holder?.layer.getClassName() === 'TimeDistributed';
  return [
    ...(frozen ? ['frozen: no gradient'] : []),
    ...(shared ? [`used ${layer.inboundNodes.length} times: all uses together`] : []),
    ...(steps ? ['once a time step: all steps together'] : []),
  ];
}

export function emptySeries(placed: Placed) {
  const { path, layer } = placed;
  const className = layer.getClassName();
  return { path, className, norm: normalizationNamed(className), notes: notesOf(placed), points: [] as SeriesPoint[] };
}

const shares = (parts: Readonly<Record<string, number>>) =>
  Object.entries(parts)
    .map(([name, share]) => `${name} ${short(share)}`)
    .join(', ');

/** What a layer mixes, in words; empty for one that mixes nothing. */
export function mixedText({ rho, mixture }: LayerPoint): string {
  if (rho) return `ρ ${short(rho.mean)}`;
  return mixture ? `mean: ${shares(mixture.mean)}; variance: ${shares(mixture.variance)}` : '';
}

/** A share as a whole percentage. */
export const percent = (share: number | null) => (share === null ? '–' : `${Math.round(100 * share)} %`);

/** The last look as a table, and everything found. */
export function seriesText({ layers, losses, findings }: MonitorSeries): string {
  const last = losses.at(-1);
  if (!last) return 'Nothing measured yet.';
  const head = ['layer', 'mean', 'deviation', 'dead', 'gradient', 'mean gap', 'variance gap', 'mixes'];
  const rows = layers.map(({ path, points }) => {
    const point = points.at(-1) as SeriesPoint;
    const { mean, deviation, deadShare, gradientNorm, meanGap, varianceGap } = point;
    const numbers = [
      short(mean),
      short(deviation),
      percent(deadShare),
      ...[gradientNorm, meanGap, varianceGap].map(short),
    ];
    return [path, ...numbers, mixedText(point)];
  });
  const when = `step ${last.step}, epoch ${last.epoch}${last.loss === null ? '' : `, loss on the probe ${short(last.loss)}`}`;
  const notes = layers.flatMap(({ path, notes: each }) => each.map((note) => `${path}: ${note}`));
  const found = findings.map(({ step, message }) => `step ${step}: ${message}`);
  return [when, textTable(head, rows), ...notes, ...found].join('\n');
}
