import { drawn } from './element.js';
import { epochs, type Scale } from './scale.js';

/** A line chart in SVG, drawn anew at every change: a few hundred points need no library. */

export type Point = readonly [epochs: number, value: number];

export interface Line {
  /** Decides colour and mark: no line is told by its colour alone. */
  readonly role: 'batch' | 'other';
  readonly name: string;
  readonly points: readonly Point[];
  /** Thinner, behind. */
  readonly raw?: readonly Point[];
  readonly marked?: boolean;
}

export interface Drawing {
  readonly lines: readonly Line[];
  readonly epochs: number;
  readonly scale: Scale;
  /** What a reader who does not see it is told. */
  readonly summary: string;
}

const HEIGHT = 240;
const MARGIN = { left: 44, right: 96, top: 10, bottom: 36 };

type Place = (point: Point) => readonly [x: number, y: number];

const path = (points: readonly Point[], place: Place) =>
  points.map((point, i) => `${i === 0 ? 'M' : 'L'}${place(point).map((value) => value.toFixed(1))}`).join('');

/** A disc for batch norm, a square for the other. */
export function mark(role: Line['role'], x: number, y: number): SVGElement {
  if (role === 'batch') return drawn('circle', { class: 'mark', cx: x, cy: y, r: 4 });
  return drawn('rect', { class: 'mark', x: x - 3.5, y: y - 3.5, width: 7, height: 7 });
}

function axes(width: number, x: Scale, y: Scale, place: Place): SVGElement[] {
  const right = width - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const rows = y.ticks.flatMap((tick) => {
    const at = bottom - y.at(tick) * (bottom - MARGIN.top);
    const label = drawn('text', { class: 'axis', x: MARGIN.left - 8, y: at + 4, 'text-anchor': 'end' }, String(tick));
    return [drawn('line', { class: 'grid', x1: MARGIN.left, x2: right, y1: at, y2: at }), label];
  });
  const columns = x.ticks.map((tick) =>
    drawn('text', { class: 'axis', x: place([tick, 0])[0], y: bottom + 17, 'text-anchor': 'middle' }, String(tick)),
  );
  const middle = (MARGIN.left + right) / 2;
  const unit = drawn('text', { class: 'axis', x: middle, y: HEIGHT - 3, 'text-anchor': 'middle' }, 'epochs');
  return [...rows, ...columns, unit];
}

function curve({ role, points, raw = [], marked = false }: Line, place: Place): SVGElement {
  const marks = (marked ? points : points.slice(-1)).map((point) => mark(role, ...place(point)));
  const behind = drawn('path', { class: 'raw', d: path(raw, place) });
  return drawn('g', { class: role }, behind, drawn('path', { class: 'curve', d: path(points, place) }), ...marks);
}

/** Names stand at the lines' ends, and apart from each other. */
function names(lines: readonly Line[], place: Place): SVGElement[] {
  const ends = lines.flatMap(({ role, name, points }) => {
    const last = points.at(-1);
    return last ? [{ role, name, at: place(last) }] : [];
  });
  const sorted = ends.sort((a, b) => a.at[1] - b.at[1]);
  let free = 0;
  return sorted.map(({ role, name, at: [x, y] }) => {
    const height = Math.max(y + 4, free);
    free = height + 15;
    return drawn('text', { class: `name ${role}`, x: x + 9, y: height }, name);
  });
}

function picture({ lines, epochs: last, scale, summary }: Drawing, width: number): SVGElement {
  const x = epochs(last);
  const place: Place = ([epoch, value]) => [
    MARGIN.left + x.at(epoch) * (width - MARGIN.left - MARGIN.right),
    HEIGHT - MARGIN.bottom - scale.at(value) * (HEIGHT - MARGIN.top - MARGIN.bottom),
  ];
  const parts = [...axes(width, x, scale, place), ...lines.map((line) => curve(line, place)), ...names(lines, place)];
  return drawn('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': summary }, ...parts);
}

/** A chart as wide as its host, which text must not shrink with: it is drawn anew when that changes. */
export function chart(host: HTMLElement): (drawing: Drawing) => void {
  let current: Drawing | undefined;
  const draw = () => {
    if (current) host.replaceChildren(picture(current, Math.max(240, host.clientWidth)));
  };
  new ResizeObserver(draw).observe(host);
  return (drawing) => {
    current = drawing;
    draw();
  };
}
