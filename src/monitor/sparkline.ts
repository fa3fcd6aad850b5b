import { drawn } from './element.js';
import { short } from './text.js';

/** One value at a look; null where there was none. */
export type Values = readonly (number | null)[];

/** From 0, the bottom, to 1. */
export type Scale = (value: number) => number;

const finite = (values: Values) => values.filter((value): value is number => value !== null && Number.isFinite(value));

/** Between the least and the most of a column, so that its rows compare; logarithmic for what spans powers of ten. */
export function scaleOf(columns: readonly Values[], kind: 'linear' | 'logarithmic' | 'share'): Scale {
  if (kind === 'share') return (value) => value;
  const positive = (value: number) => kind === 'linear' || value > 0;
  const values = columns.flatMap(finite).filter(positive);
  const turn = kind === 'linear' ? (value: number) => value : (value: number) => Math.log(Math.max(value, 1e-30));
  const least = turn(Math.min(...values, kind === 'linear' ? 0 : Number.POSITIVE_INFINITY));
  const most = turn(Math.max(...values));
  return (value) => (most > least ? Math.min(1, Math.max(0, (turn(value) - least) / (most - least))) : 0.5);
}

const WIDTH = 88;
const HEIGHT = 26;
const EDGE = 3;

function place(values: Values, scale: Scale) {
  const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
  const x = (i: number) => EDGE + (values.length === 1 ? WIDTH - 2 * EDGE : i * step);
  return (value: number, i: number): readonly [number, number] => [
    x(i),
    HEIGHT - EDGE - scale(value) * (HEIGHT - 2 * EDGE),
  ];
}

/** A line over all looks, broken where there is no value; a cross at the top where it is not finite. */
export function sparkline(name: string, values: Values, scale: Scale): SVGElement {
  const at = place(values, scale);
  let pen = 'M';
  const path = values.map((value, i) => {
    if (value === null || !Number.isFinite(value)) {
      pen = 'M';
      return '';
    }
    const [x, y] = at(value, i);
    const part = `${pen}${x.toFixed(1)},${y.toFixed(1)}`;
    pen = 'L';
    return part;
  });
  const crosses = values.flatMap((value, i) =>
    value === null || Number.isFinite(value) ? [] : [drawn('text', { class: 'cross', x: at(0, i)[0] - 3, y: 9 }, '×')],
  );
  const known = finite(values);
  const last = values.at(-1);
  const dot =
    last !== null && last !== undefined && Number.isFinite(last)
      ? [
          drawn('circle', {
            class: 'dot',
            cx: at(last, values.length - 1)[0],
            cy: at(last, values.length - 1)[1],
            r: 2.2,
          }),
        ]
      : [];
  const range = known.length > 0 ? `, between ${short(Math.min(...known))} and ${short(Math.max(...known))}` : '';
  const label = `${name} over ${values.length} ${values.length === 1 ? 'look' : 'looks'}${range}`;
  const line = drawn('path', { class: 'line', d: path.join('') });
  const attributes = {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    width: WIDTH,
    height: HEIGHT,
    role: 'img',
    'aria-label': label,
  };
  return drawn('svg', attributes, line, ...dot, ...crosses);
}

/** Shares that add up to 1, side by side; their names are written beside the bar. */
export function bar(label: string, shares: Readonly<Record<string, number>>): SVGElement {
  let from = 0;
  const parts = Object.entries(shares).map(([name, share]) => {
    const width = Math.max(0, Number.isFinite(share) ? share : 0) * WIDTH;
    const part = drawn('rect', {
      class: `part ${name}`,
      x: from.toFixed(1),
      y: 1,
      width: width.toFixed(1),
      height: 10,
    });
    from += width;
    return part;
  });
  const words = Object.entries(shares).map(([name, share]) => `${name} ${short(share)}`);
  const attributes = { viewBox: `0 0 ${WIDTH} 12`, width: WIDTH, height: 12, role: 'img' };
  return drawn('svg', { ...attributes, 'aria-label': `${label}: ${words.join(', ')}` }, ...parts);
}
