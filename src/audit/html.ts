/** The report as a page: no script, nothing fetched; whatever comes from a model is text. */

import type { FactName } from '../guide/facts.js';
import type { Audited, Finding } from './finding.js';
import { type Numbers, networkPicture, normPictures } from './pictures.js';
import { STYLE } from './style.js';
import { byRule, escaped, summaryOf, valuesText } from './text.js';

/** More places than these are folded away. */
const MOST_OPEN = 8;

function placesOf(findings: readonly Finding[]): string {
  const places = findings.map(
    ({ path, values }) => `<li><code>${escaped(path)}</code> <span>${escaped(valuesText(values))}</span></li>`,
  );
  const list = (items: readonly string[]) => `<ul>${items.join('')}</ul>`;
  if (places.length <= MOST_OPEN) return list(places);
  const rest = places.slice(MOST_OPEN);
  return `${list(places.slice(0, MOST_OPEN))}<details><summary>${rest.length} more</summary>${list(rest)}</details>`;
}

function findingCard(findings: readonly Finding[]): string {
  const { rule, severity, why, fix, source } = findings[0] as Finding;
  const title = escaped([source.title, source.year].filter((part) => part !== null).join(', '));
  const link = source.url ? `<a href="${escaped(source.url)}">${title}</a>` : title;
  return `<article class="${severity}">
<h3><span class="badge">${severity === 'info' ? 'note' : severity}</span> <code>${escaped(rule)}</code></h3>
<p>${escaped(why)}</p>
${placesOf(findings)}
<p class="fix"><b>What to do</b> ${escaped(fix)}</p>
<p class="source">${link}</p>
</article>`;
}

const MOST_PLACES = 3;

function factRows({ facts }: Audited): string {
  return Object.entries(facts)
    .map(([name, value]) => {
      const sighting = facts.seen[name as FactName];
      const places = sighting?.where ?? [];
      const more = places.length > MOST_PLACES ? ` and ${places.length - MOST_PLACES} more` : '';
      const named = places.slice(0, MOST_PLACES).map((path) => `<code>${escaped(path)}</code>`);
      const where = sighting ? `${escaped(sighting.why)}: ${named.join(', ')}${more}` : 'given';
      return `<tr><th scope="row">${escaped(name)}</th><td>${escaped(String(value))}</td><td>${where}</td></tr>`;
    })
    .join('');
}

/** The whole page. */
export function htmlOf(report: Audited, numbers: ReadonlyMap<string, Numbers>): string {
  const { findings } = report;
  const pictures = normPictures(report, numbers);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Audit of a model’s norms</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Audit of a model’s norms</h1>
<p class="summary">${escaped(summaryOf(report))}</p>
<section><h2>The network</h2>${networkPicture(report)}</section>
<section><h2>Findings</h2>${byRule(findings).map(findingCard).join('\n') || '<p>None.</p>'}</section>
${pictures ? `<section><h2>Weights of its norms</h2>${pictures}</section>` : ''}
<section><h2>Facts</h2><table><thead><tr><th>fact</th><th>value</th><th>seen in</th></tr></thead><tbody>${factRows(report)}</tbody></table></section>
</main>
</body>
</html>
`;
}
