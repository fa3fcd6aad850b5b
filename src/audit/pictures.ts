/** Pictures of a report, in SVG. They stretch to the page, so there is no lettering in them. */
import type { Audited, AuditedLayer } from './finding.js';
import { SEVERITIES, type Severity } from './rule.js';
import { escaped } from './text.js';
import type { Values } from './values.js';

export type Numbers = Values & { readonly epsilon?: number };

const HEIGHT = 100;
/** More bars than a screen has dots show nothing. */
const MOST_LAYERS = 600;

type Group = 'norm' | 'weights' | 'other';

const GROUP_NAMES: Readonly<Record<Group, string>> = {
  norm: 'norm',
  weights: 'layer with a kernel',
  other: 'other layer',
};

function groupOf({ norm, kind }: AuditedLayer): Group {
  if (norm !== null) return 'norm';
  return ['convolution', 'dense', 'recurrent', 'attention', 'embedding'].includes(kind) ? 'weights' : 'other';
}

/** Values of one example, where they are known. */
const valuesOf = ({ output }: AuditedLayer) =>
  (output ?? []).slice(1).reduce<number>((all, size) => all * (size ?? 1), 1);

const fixed = (n: number) => n.toFixed(2);

function worstByPath({ findings }: Audited): ReadonlyMap<string, Severity> {
  const worst = new Map<string, Severity>();
  for (const { path, severity } of findings) {
    const before = worst.get(path);
    if (!before || SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(before)) worst.set(path, severity);
  }
  return worst;
}

/** A bar a layer, as high as its output is large; findings are marked above. */
export function networkPicture(report: Audited): string {
  const layers = report.layers.slice(0, MOST_LAYERS);
  if (layers.length === 0) return '<p>No layers.</p>';
  const worst = worstByPath(report);
  const sizes = layers.map((layer) => Math.log2(1 + Math.max(0, valuesOf(layer))));
  const most = Math.max(1, ...sizes.filter(Number.isFinite));
  const bars = layers.map((layer, i) => {
    const height = Math.max(4, ((Math.min(sizes[i] as number, most) || 0) / most) * (HEIGHT - 16));
    const severity = worst.get(layer.path);
    const mark = severity ? `<rect class="${severity}" x="${i + 0.1}" y="0" width="0.8" height="10"/>` : '';
    const shape = layer.output ? ` [${layer.output.map((size) => size ?? '?').join(', ')}]` : '';
    const title = `${layer.path}: ${layer.className}${shape}${severity ? `, ${severity}` : ''}`;
    return `<g><title>${escaped(title)}</title><rect class="${groupOf(layer)}" x="${i + 0.1}" y="${fixed(HEIGHT - height)}" width="0.8" height="${fixed(height)}"/>${mark}</g>`;
  });
  const rest = report.layers.length - layers.length;
  return `<figure><svg role="img" aria-label="Layers in order, findings marked" viewBox="0 0 ${layers.length} ${HEIGHT}" preserveAspectRatio="none">${bars.join('')}</svg>
<figcaption>${legend()}<span>Layers in their order, each as high as the logarithm of its output’s size${rest > 0 ? `; ${rest} more are not drawn` : ''}.</span></figcaption></figure>`;
}

const legend = () =>
  [...Object.entries(GROUP_NAMES), ...SEVERITIES.map((severity) => [severity, severity === 'info' ? 'note' : severity])]
    .map(([name, text]) => `<span class="key"><i class="${name}"></i>${text}</span>`)
    .join(' ');

/** Sorted, thinned to what a small picture can show. */
function profile(data: Float32Array): number[] {
  const sorted = [...data].filter(Number.isFinite).sort((a, b) => a - b);
  const step = Math.max(1, sorted.length / 128);
  return Array.from({ length: Math.min(128, sorted.length) }, (_, i) => sorted[Math.floor(i * step)] as number);
}

const SMALLEST = 1e-12;
const decade = (value: number) => Math.log10(Math.max(value, SMALLEST));

/** Sorted values as bars on a logarithmic scale; a line where one is given. */
function bars(data: Float32Array, name: string, line?: number): string {
  const values = profile(data)
    .map(Math.abs)
    .sort((a, b) => a - b);
  if (values.length === 0) return '';
  const all = [...values, ...(line ? [line] : [])].map(decade);
  const [low, high] = [Math.min(...all) - 0.3, Math.max(...all) + 0.3];
  const at = (value: number) => HEIGHT - ((decade(value) - low) / (high - low)) * HEIGHT;
  const rects = values.map(
    (value, i) =>
      `<rect class="${line && value < line ? 'warning' : 'weights'}" x="${i}" y="${fixed(at(value))}" width="0.9" height="${fixed(HEIGHT - at(value))}"/>`,
  );
  const rule = line ? `<rect class="line" x="0" y="${fixed(at(line))}" width="${values.length}" height="1.5"/>` : '';
  const range = `${(values[0] as number).toPrecision(2)} to ${(values[values.length - 1] as number).toPrecision(2)}`;
  const told = `${name}, ${range}${line ? `; line: ε ${line}` : ''}`;
  return `<figure><svg role="img" aria-label="${escaped(told)}" viewBox="0 0 ${values.length} ${HEIGHT}" preserveAspectRatio="none">${rects.join('')}${rule}</svg><figcaption>${escaped(told)}</figcaption></figure>`;
}

/** Norms drawn: those with findings first. */
const MOST_NORMS = 24;

/** γ and moving variance of each norm, channels sorted. */
export function normPictures(report: Audited, numbers: ReadonlyMap<string, Numbers>): string {
  const worst = worstByPath(report);
  const paths = [...numbers.keys()].sort((a, b) => Number(worst.has(b)) - Number(worst.has(a)));
  const cards = paths.slice(0, MOST_NORMS).map((path) => {
    const { gamma, scale, moving_variance, epsilon } = numbers.get(path) as Numbers;
    const weights = gamma ?? scale;
    const drawn = `${weights ? bars(weights, '|γ|') : ''}${moving_variance ? bars(moving_variance, 'moving variance', epsilon) : ''}`;
    return drawn ? `<div class="norm-card"><h3><code>${escaped(path)}</code></h3>${drawn}</div>` : '';
  });
  const rest = paths.length - MOST_NORMS;
  const drawn = cards.join('');
  return drawn ? `<div class="grid">${drawn}</div>${rest > 0 ? `<p>${rest} more are not drawn.</p>` : ''}` : '';
}
