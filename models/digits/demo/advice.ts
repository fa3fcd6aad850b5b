import { type Alternative, type Note, type Recommendation, recommendNormalization } from '../../../src/guide/index.js';
import { factsOf, normsToCompare } from '../task.js';
import { inWords } from '../words.js';
import { byId, element } from './element.js';
import type { Settings } from './settings.js';

/** The guide's answer in words, for what is chosen. */

type Source = Note['source'];

function source({ title, year, url }: Source): HTMLElement {
  const words = year === null ? title : `${title}, ${year}`;
  if (url === null) return element('small', {}, words);
  return element('small', {}, element('a', { href: url, target: '_blank', rel: 'noreferrer' }, words));
}

const noted = ({ id, text, source: from }: Note) => element('li', { 'data-rule': id }, `${text} `, source(from));

function alternative({ norm, trade, source: from, wins }: Alternative): HTMLElement {
  const change = wins ? `; the choice with ${inWords(wins)}` : '';
  return element('li', {}, element('strong', {}, norm), `: ${trade}${change}. `, source(from));
}

function section(title: string, items: readonly HTMLElement[]): HTMLElement[] {
  return items.length > 0 ? [element('h3', {}, title), element('ul', {}, ...items)] : [];
}

const folded = (title: string, content: HTMLElement) => element('details', {}, element('summary', {}, title), content);

/** Which two are trained, where it is not plainly the guide's choice against batch norm. */
function compared({ norm }: Recommendation, other: string): HTMLElement[] {
  if (norm !== 'batch') return [];
  return [element('p', {}, `Batch norm is its choice; what is trained beside it is ${other} norm, an alternative.`)];
}

export function showAdvice({ architecture, batchSize }: Settings): void {
  const facts = factsOf(architecture, batchSize);
  const answer = recommendNormalization(facts);
  const options = inWords(answer.config);
  byId('advice').replaceChildren(
    element('p', { class: 'answer' }, element('strong', {}, `${answer.norm} norm`), options ? ` ${options}` : ''),
    element('p', { class: 'hint' }, `for ${inWords(facts)}`),
    ...compared(answer, normsToCompare(facts)[1] as string),
    ...section('Why', answer.reasons.map(noted)),
    ...section('Instead', answer.alternatives.map(alternative)),
    folded('Where it goes', element('ul', {}, ...answer.placement.map(noted))),
    folded('What to mind', element('ul', {}, ...answer.warnings.map(noted))),
    folded('As code', element('pre', {}, element('code', {}, answer.code))),
  );
}
