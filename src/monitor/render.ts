import { problem } from '../core/errors.js';
import { element } from './element.js';
import type { LayerSeries, MonitorSeries, SeriesPoint } from './series.js';
import { percent } from './series.js';
import { bar, type Scale, scaleOf, sparkline, type Values } from './sparkline.js';
import { STYLE } from './style.js';
import { short } from './text.js';

/** Where to draw: an element, or what tfjs-vis calls a surface. */
export type Drawable =
  | HTMLElement
  | { readonly drawArea: HTMLElement }
  | { readonly name: string; readonly tab?: string };

interface Visor {
  visor(): { surface(options: object): { drawArea: HTMLElement } };
}

/** The element of a drawable; `{ name, tab }` opens a surface where tfjs-vis is a global. */
export function hostOf(drawable: Drawable): HTMLElement {
  const { drawArea, name } = (drawable ?? {}) as { drawArea?: HTMLElement; name?: unknown };
  if (drawArea) return drawArea;
  if (typeof (drawable as Partial<HTMLElement> | null)?.replaceChildren === 'function') return drawable as HTMLElement;
  const { tfvis } = globalThis as { tfvis?: Visor };
  if (typeof name === 'string' && tfvis) return tfvis.visor().surface(drawable).drawArea;
  const advice = 'Pass an element, or what tfvis.visor().surface({ name, tab }) returns; in Node use String(monitor).';
  throw problem('monitorNormalization', 'render needs an element of a page', { drawable: typeof drawable }, advice);
}

interface Column {
  readonly name: string;
  readonly of: (point: SeriesPoint) => number | null;
  readonly scale: 'linear' | 'logarithmic' | 'share';
  readonly write?: (value: number | null) => string;
}

const COLUMNS: readonly Column[] = [
  { name: 'mean', of: ({ mean }) => mean, scale: 'linear' },
  { name: 'deviation', of: ({ deviation }) => deviation, scale: 'logarithmic' },
  { name: 'dead channels', of: ({ deadShare }) => deadShare, scale: 'share', write: percent },
  { name: '‖gradient‖', of: ({ gradientNorm }) => gradientNorm, scale: 'logarithmic' },
  { name: 'mean gap', of: ({ meanGap }) => meanGap, scale: 'linear' },
  { name: 'variance gap', of: ({ varianceGap }) => varianceGap, scale: 'linear' },
];

const valuesOf = ({ of }: Column, { points }: LayerSeries): Values => points.map(of);
const isEmpty = (values: Values) => values.every((value) => value === null);

function cell(column: Column, scale: Scale, layer: LayerSeries): HTMLElement {
  const values = valuesOf(column, layer);
  if (isEmpty(values)) return element('td');
  const write = column.write ?? short;
  const label = element('span', { class: 'name' }, column.name);
  const number = element('span', {}, write(values.at(-1) ?? null));
  return element('td', {}, label, number, sparkline(`${layer.path}, ${column.name}`, values, scale));
}

/** The last shares: how they are mixed by depth shows from row to row. */
function mixedCell({ path, points }: LayerSeries): HTMLElement {
  const { rho, mixture } = points.at(-1) as SeriesPoint;
  if (rho) {
    const shares = { instance: 1 - rho.mean, batch: rho.mean };
    return element('td', {}, element('span', {}, `ρ ${short(rho.mean)}`), bar(`${path}, gate`, shares));
  }
  if (!mixture) return element('td');
  const parts = (['mean', 'variance'] as const).flatMap((part) => [
    element('small', {}, `${part}: ${Object.values(mixture[part]).map(short).join(' · ')}`),
    bar(`${path}, ${part}`, mixture[part]),
  ]);
  return element('td', {}, ...parts);
}

function head(columns: readonly Column[], mixes: boolean): HTMLElement {
  const names = ['layer', ...columns.map(({ name }) => name), ...(mixes ? ['mixes'] : [])];
  return element('thead', {}, element('tr', {}, ...names.map((name) => element('th', { scope: 'col' }, name))));
}

function table({ layers }: MonitorSeries): HTMLElement {
  const columns = COLUMNS.filter((column) => layers.some((layer) => !isEmpty(valuesOf(column, layer))));
  const scales = columns.map((column) =>
    scaleOf(
      layers.map((layer) => valuesOf(column, layer)),
      column.scale,
    ),
  );
  const mixes = layers.some(({ points }) => points.at(-1)?.rho || points.at(-1)?.mixture);
  const rows = layers.map((layer) => {
    const about = [layer.norm ?? layer.className, ...layer.notes].join('; ');
    const name = element('th', { scope: 'row' }, layer.path, element('small', {}, about));
    const cells = columns.map((column, i) => cell(column, scales[i] as Scale, layer));
    return element('tr', {}, name, ...cells, ...(mixes ? [mixedCell(layer)] : []));
  });
  const caption = 'On the probe, layers in the order of the model; the lines of a column have one scale.';
  return element('table', {}, element('caption', {}, caption), head(columns, mixes), element('tbody', {}, ...rows));
}

function legend({ layers }: MonitorSeries): HTMLElement[] {
  const last = layers.flatMap(({ points }) => points.slice(-1));
  const used = new Set(
    last.flatMap(({ rho, mixture }) => [...(rho ? ['instance', 'batch'] : []), ...Object.keys(mixture?.mean ?? {})]),
  );
  if (used.size === 0) return [];
  const names = ['instance', 'layer', 'batch'].filter((name) => used.has(name));
  const parts = names.flatMap((name) => [element('i', { class: name }), name]);
  return [element('p', { class: 'legend' }, ...parts)];
}

/** Draws everything anew. Text goes in as text: a layer's name is never parsed as markup. */
export function renderSeries(host: HTMLElement, series: MonitorSeries): void {
  const { losses, findings } = series;
  const last = losses.at(-1);
  const style = element('style', {}, STYLE);
  if (!last) {
    host.replaceChildren(style, element('div', { class: 'tfjsn' }, element('p', {}, 'Nothing measured yet.')));
    return;
  }
  const loss = last.loss === null ? '' : `, loss on the probe ${short(last.loss)}`;
  const found = findings.map(({ step, message }) => element('li', {}, `step ${step}: ${message}`));
  const parts = [
    element('p', {}, `Step ${last.step}, epoch ${last.epoch}${loss}`),
    ...(found.length > 0 ? [element('ul', { class: 'findings', role: 'status' }, ...found)] : []),
    table(series),
    ...legend(series),
  ];
  host.replaceChildren(style, element('div', { class: 'tfjsn' }, ...parts));
}
