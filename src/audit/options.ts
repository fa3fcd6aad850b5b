/** What an audit is told, and what it refuses. */
import { problem } from '../core/errors.js';
import { meant } from '../core/near.js';
import type { Batch } from './batch.js';
import { isRecord } from './part.js';
import { SEVERITIES, type Severity } from './rule.js';
import { AUDIT_RULES } from './rules.js';

export interface AuditOptions {
  /** Inputs of the model, as `model.predict` takes them: the rules that need data run too. They stay the caller's. */
  readonly batch?: Batch;
  /** Reject where there is an error or a warning. @default false */
  readonly strict?: boolean;
  /** Another severity for a rule, or `'off'`, by the rule's identifier. */
  readonly rules?: Readonly<Record<string, Severity | 'off'>>;
}

type Names = Readonly<Record<string, unknown>>;

/** Plain also where it comes from another page or context, whose Object is another. */
function isPlain(value: unknown): value is Names {
  if (!isRecord(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Refuses what is no plain object: a Map would be taken as one without entries. */
export function checkPlain(subject: string, what: string, value: unknown, advice: string): asserts value is Names {
  if (isPlain(value)) return;
  throw problem(subject, `${what} must be one plain object`, { [what]: value }, advice);
}

function checkRules(subject: string, rules: unknown): void {
  checkPlain(subject, 'rules', rules, "Try { 'one-norm': 'off' }.");
  const ids = AUDIT_RULES.map(({ id }) => id);
  const words = [...SEVERITIES, 'off'];
  for (const [id, severity] of Object.entries(rules)) {
    if (!ids.includes(id)) throw problem(subject, 'unknown rule', { rule: id }, meant(id, ids));
    if (!words.includes(severity as string))
      throw problem(subject, 'unknown severity', { [id]: severity }, meant(severity, words));
  }
}

export function checkOptions(subject: string, options: unknown): void {
  const names = ['batch', 'strict', 'rules'];
  checkPlain(subject, 'options', options, `Options are ${names.join(', ')}.`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown) throw problem(subject, 'unknown option', { option: unknown }, meant(unknown, names));
  const { strict, rules } = options;
  if (strict !== undefined && typeof strict !== 'boolean')
    throw problem(subject, 'strict must be true or false', { strict }, 'Leave it out where nothing is to be thrown.');
  if (rules !== undefined) checkRules(subject, rules);
}
