import type { Audited, Finding } from './finding.js';
import { SEVERITIES, type Severity } from './rule.js';

/** Characters that move a cursor or turn the direction of writing have no place in a name. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that stays text in a page. */
export const escaped = (text: string): string =>
  shown(text).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

/** A name from a model file, as it can be shown. */
export const shown = (name: string): string => name.replace(UNSEEN, '·');

const LONGEST = 160;

export function valuesText(values: Finding['values']): string {
  const parts = Object.entries(values).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const text = shown(parts.join(', '));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const PLURAL: Readonly<Record<Severity, readonly [string, string]>> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  info: ['note', 'notes'],
};

export const counted = (n: number, [one, more]: readonly [string, string]): string => `${n} ${n === 1 ? one : more}`;

/** `2 errors, 1 note`, or that there is none. */
export function summaryOf({ findings, layers }: Audited): string {
  const counts = SEVERITIES.map(
    (severity) => [severity, findings.filter((f) => f.severity === severity).length] as const,
  );
  const some = counts.filter(([, n]) => n > 0).map(([severity, n]) => counted(n, PLURAL[severity]));
  const norms = layers.filter(({ norm }) => norm !== null).length;
  const within = `${counted(layers.length, ['layer', 'layers'])}, ${norms} of them ${norms === 1 ? 'a norm' : 'norms'}`;
  return `${some.join(', ') || 'Nothing wrong'} in ${within}.`;
}

/** Findings by rule, in their order. */
export function byRule(findings: readonly Finding[]): Finding[][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.rule);
    if (group) group.push(finding);
    else groups.set(finding.rule, [finding]);
  }
  return [...groups.values()];
}

function block(findings: readonly Finding[]): string[] {
  const { rule, severity, why, fix, source } = findings[0] as Finding;
  return [
    '',
    `${PLURAL[severity][0]} ${rule}: ${why}`,
    ...findings.map(({ path, values }) => `  ${shown(path)}  ${valuesText(values)}`.trimEnd()),
    `  → ${fix}`,
    `  ${[source.title, source.url].filter((part) => part !== null).join(', ')}`,
  ];
}

export const textOf = (report: Audited): string =>
  [summaryOf(report), ...byRule(report.findings).flatMap(block)].join('\n');
