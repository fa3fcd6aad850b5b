/** What an audit is told, and what it refuses. */
import { problem } from '../core/errors.js';
import { meant } from '../core/near.js';
import type { Batch } from './batch.js';
import { checkPlain } from './plain.js';
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
