import { problem } from '../core/errors.js';
import { nearest } from '../core/near.js';
import type { Choice } from '../guide/facts.js';
import { NORMS, type NormRow } from '../norms.js';

/** What differs between spellings of one name: a module before it, case, `_` and `-`, dimensions, the word itself. */
function plain(name: string): string {
  const last = name.split(/[.>/]/).pop() as string;
  const letters = last.toLowerCase().replace(/[^a-z0-9]/g, '');
  return letters.replace(/(layer)?[123]d$/, '').replace(/(?<=.)(normali[sz]ation|norm)(layer)?$/, '');
}

const namesOf = ({ id, className, stockClassName, aliases, shortNames }: NormRow) => [
  id,
  className,
  ...(stockClassName ? [stockClassName] : []),
  ...aliases,
  ...shortNames,
];

const CHOICES: ReadonlyMap<string, Choice> = new Map<string, Choice>([
  ...NORMS.flatMap((row) => namesOf(row).map((name) => [plain(name), row.id] as const)),
  ['none', 'none'],
]);

/**
 * The norm that a name means: `'group'`, `'GroupNorm'`, `'group_norm'`, `'gn'`, `'BatchNorm2d'`, `'Addons>GroupNormalization'`.
 *
 * @throws NormalizationError for a name that means none, with the choices.
 */
export function normNamed(subject: string, name: string): Choice {
  const found = CHOICES.get(plain(name));
  if (found) return found;
  const choices = [...new Set(CHOICES.values())];
  const near = nearest(
    plain(name),
    [...CHOICES.keys()].filter((key) => key.length > 2),
  );
  const meant = near ? `Did you mean \`${CHOICES.get(near)}\`? ` : '';
  throw problem(subject, 'unknown normalization', { name }, `${meant}Use one of ${choices.join(', ')}.`);
}
