import { problem } from '../core/errors.js';
import { rowOf } from '../guide/config.js';
import type { Choice } from '../guide/facts.js';
import { normNamed } from './names.js';

/** A norm and the options of its layer. */
export interface Spec {
  readonly norm: Choice;
  readonly options: Readonly<Record<string, unknown>>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? text; // null would count as left out
  } catch {
    return text; // a bare word: auto
  }
}

/** What follows the colon: `16`, or `groups=16,epsilon=1e-5`. */
function optionsOf(subject: string, spec: string, norm: Choice, text: string): Record<string, unknown> {
  const main = rowOf(norm)?.mainOption;
  // A comma within brackets belongs to a list: axis=[1,2].
  const pairs = text.split(/,(?![^[]*\])/).map((part) => {
    const [name = '', value] = part.split('=').map((word) => word.trim());
    if (value !== undefined) return [name, parsed(value)] as const;
    if (main !== undefined && name !== '') return [main, parsed(name)] as const;
    const advice = `Write ${norm}, or ${norm}:option=value.`;
    throw problem(subject, `what follows the colon must be options of ${norm}`, { spec }, advice);
  });
  const names = pairs.map(([name]) => name);
  if (new Set(names).size === names.length) return Object.fromEntries(pairs);
  throw problem(subject, 'an option must be given once', { spec }, 'Leave one of them out.');
}

/** Reads `'group'`, `'group:16'`, `'group:groups=16,epsilon=1e-5'`. */
export function specOfString(subject: string, spec: string): Spec {
  const colon = spec.indexOf(':');
  const norm = normNamed(subject, colon < 0 ? spec : spec.slice(0, colon));
  return { norm, options: colon < 0 ? {} : optionsOf(subject, spec, norm, spec.slice(colon + 1)) };
}

/** Keys under which a spec object names its norm. */
const NAME_KEYS = ['norm', 'type', 'className', 'class_name'];

/** A whole recommendation is a spec as well: of its parts the norm and the config are meant. */
const isRecommendation = (spec: object): boolean => 'reasons' in spec && 'code' in spec;

/** Reads `{ norm: 'group', groups: 16 }`, `{ norm, config }` as a recommendation has them, and a layer's saved form. */
export function specOfObject(subject: string, spec: Readonly<Record<string, unknown>>): Spec {
  const named = NAME_KEYS.filter((key) => spec[key] !== undefined);
  const [key] = named;
  if (named.length !== 1 || key === undefined || typeof spec[key] !== 'string') {
    const advice = "Try { norm: 'group', groups: 16 }.";
    throw problem(subject, 'a spec object must name its norm once, as a string', { keys: Object.keys(spec) }, advice);
  }
  const inner = specOfString(subject, spec[key]);
  const { [key]: _, config, ...rest } = spec;
  const others = isRecommendation(spec) ? {} : rest;
  if (config !== undefined && (typeof config !== 'object' || config === null || Array.isArray(config))) {
    throw problem(
      subject,
      'config must be an object of options',
      { config },
      "Try { norm: 'group', config: { groups: 16 } }.",
    );
  }
  return { norm: inner.norm, options: { ...inner.options, ...config, ...others } };
}
