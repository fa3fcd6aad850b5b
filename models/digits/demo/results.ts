import { chart, mark } from './chart.js';
import { byId, drawn, element } from './element.js';
import type { Model } from './run.js';
import { linear, logarithmic } from './scale.js';

/** What is known of the models, as a table and two charts. */

const drawLoss = chart(byId('loss'));
const drawError = chart(byId('error'));

const label = ({ norm }: Model) => `${norm} norm`;
const last = (points: Model['errors']) => points.at(-1)?.[1];
const written = (value: number | undefined, digits: number, unit: string) =>
  value === undefined ? '–' : `${value.toFixed(digits)}${unit}`;

export const errorText = (model: Model) => written(last(model.errors), 1, ' %');
const lossText = ({ smooth }: Model) => last(smooth)?.toPrecision(2) ?? '–';

/** The middle one: the first epoch of a GPU compiles its programs. */
function middle(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function row(model: Model, total: number): HTMLElement {
  const key = drawn('svg', { class: 'key', viewBox: '0 0 26 12', 'aria-hidden': 'true' });
  key.append(drawn('path', { class: 'curve', d: 'M1 6H25' }), mark(model.role, 13, 6));
  const name = element('th', { scope: 'row', class: model.role });
  name.append(key, label(model));
  const bar = element('progress', { value: model.epochs, max: total, 'aria-label': `${label(model)}, epochs` });
  const cell = (text: string) => element('td', {}, text);
  return element(
    'tr',
    { 'data-norm': model.norm },
    name,
    element('td', { class: model.role }, bar, `${Math.floor(model.epochs)} of ${total}`),
    cell(lossText(model)),
    cell(errorText(model)),
    cell(written(middle(model.seconds), 2, ' s')),
  );
}

function summary(what: string, models: readonly Model[], text: (model: Model) => string): string {
  return `${what} over epochs. ${models.map((model) => `${label(model)}: ${text(model)}`).join('; ')}.`;
}

function lossRange(models: readonly Model[]) {
  const values = models.flatMap(({ smooth }) => smooth.map(([, loss]) => loss));
  return values.length > 0 ? logarithmic(Math.min(...values, 0.3), Math.max(...values, 1)) : logarithmic(0.01, 3);
}

export function showResults(models: readonly Model[], epochs: number): void {
  byId('results').replaceChildren(...models.map((model) => row(model, epochs)));
  drawLoss({
    lines: models.map((model) => ({
      role: model.role,
      name: label(model),
      points: model.smooth,
      raw: model.losses,
    })),
    epochs,
    scale: lossRange(models),
    summary: summary('Training loss', models, lossText),
  });
  const errors = models.flatMap((model) => model.errors.map(([, error]) => error));
  drawError({
    lines: models.map((model) => ({ role: model.role, name: label(model), points: model.errors, marked: true })),
    epochs,
    scale: linear(Math.max(5, ...errors)),
    summary: summary('Test error', models, errorText),
  });
}
