import { sightingNames } from '../../src/audit/facts.js';
import { AUDIT_RULES, AUDIT_SOURCES } from '../../src/index.js';
import { codeIn, readDoc, sectionsOf, tableOf } from './peers.js';

/** docs/audit.md is checked against the audit's data; nothing of it is generated. */
const sections = sectionsOf(readDoc('audit.md'));
const rows = (heading: string) => tableOf(sections.get(heading) as string).rows;

test('lists every rule, in order', () => {
  const expected = AUDIT_RULES.map(({ id, severity, reads, why, fix, source }) => {
    const { url } = AUDIT_SOURCES[source];
    return [`\`${id}\``, severity, reads, why, fix, url ? `[${source}](${url})` : source];
  });
  expect(rows('Rules')).toEqual(expected);
});

test('lists every fact that a model shows', () => {
  expect(rows('Describing').flatMap(([fact = '']) => codeIn(fact))).toEqual(sightingNames);
});
