import { ARCHITECTURES, type Architecture } from '../task.js';
import { byId, element } from './element.js';
import { PAGE_BACKENDS, type PageBackend } from './protocol.js';

/** The form: what is chosen, kept in the page's address so that a link repeats it. */

export interface Settings {
  readonly backend: PageBackend;
  readonly architecture: Architecture;
  readonly batchSize: number;
  readonly epochs: number;
  readonly seed: number;
  /** Of an epoch, where the address asks for fewer than all: for tests. */
  readonly images?: number;
}

const CHOICES = { batchSize: [2, 4, 8, 16, 32], architecture: ARCHITECTURES, backend: PAGE_BACKENDS };
const USUAL: Settings = { batchSize: 2, architecture: 'mlp', backend: 'wasm', epochs: 12, seed: 1 };

const form = byId<HTMLFormElement>('settings');
const numberField = (name: string) => form.elements.namedItem(name) as HTMLInputElement;

function choices(name: keyof typeof CHOICES): readonly HTMLInputElement[] {
  return [...form.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)];
}

/** Chooses what has this value, if anything has. */
function choose(name: keyof typeof CHOICES, value: string | number): void {
  const found = choices(name).find((choice) => choice.value === String(value));
  if (found) found.checked = true;
}

/** Builds the form from the lists above, and fills it from the address: what that has wrong is left out. */
export function buildForm(onChange: (settings: Settings) => void): void {
  const given = new URLSearchParams(location.search);
  for (const host of form.querySelectorAll<HTMLElement>('.choices')) {
    const name = host.dataset.name as keyof typeof CHOICES;
    for (const value of CHOICES[name]) {
      const radio = element('input', { type: 'radio', name, value });
      host.append(element('label', {}, radio, element('span', {}, String(value))));
    }
    choose(name, USUAL[name]);
    choose(name, given.get(name) ?? '');
  }
  for (const name of ['epochs', 'seed'] as const) {
    const field = numberField(name);
    field.value = given.get(name) ?? '';
    if (!field.value || !field.checkValidity()) field.value = String(USUAL[name]);
  }
  form.addEventListener('input', () => onChange(readForm()));
}

export function readForm(): Settings {
  const data = new FormData(form);
  const images = Number(new URLSearchParams(location.search).get('images'));
  return {
    backend: data.get('backend') as PageBackend,
    architecture: data.get('architecture') as Architecture,
    batchSize: Number(data.get('batchSize')),
    epochs: Number(data.get('epochs')),
    seed: Number(data.get('seed')),
    ...(images >= 1 ? { images } : {}),
  };
}

export function keepInAddress(settings: Settings): void {
  const query = new URLSearchParams(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  history.replaceState(null, '', `?${query}`);
}

/** Crosses out a backend that does not start, says why, and chooses another where it was the chosen one. */
export function refuseBackend(backend: PageBackend, reason: string): void {
  const refused = choices('backend').find(({ value }) => value === backend);
  if (!refused) return;
  const sentence = `${backend} is unavailable: ${reason.replace(/\.$/, '')}.`;
  byId('unavailable').append(element('li', {}, sentence));
  refused.disabled = true;
  refused.parentElement?.setAttribute('title', sentence);
  if (!refused.checked) return;
  const other = choices('backend').find(({ disabled }) => !disabled);
  if (other) other.checked = true;
}

/** While it trains, what is chosen stays. */
export function lockForm(locked: boolean): void {
  for (const set of form.querySelectorAll('fieldset')) set.disabled = locked;
  for (const name of ['epochs', 'seed']) numberField(name).disabled = locked;
}

export const onTrain = (train: () => void) =>
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    train();
  });
