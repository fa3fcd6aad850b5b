/**
 * Draws the decision guide's rules as docs/guide-tree.svg: `npm run docs:tree`; with `--check` it only compares. Rules that an
 * architecture never reaches are left out of its box.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { instance } from '@viz-js/viz';
import {
  type Condition,
  FACTS,
  type FactRow,
  type Facts,
  RULES,
  type Rule,
  recommendNormalization,
  type When,
} from '../src/guide/index.js';

const FILE = new URL('../docs/guide-tree.svg', import.meta.url);
const ARCHITECTURES = (FACTS.architecture as FactRow & { kind: 'choice' }).values as readonly Facts['architecture'][];
const BATCHES: readonly Facts['batchSize'][] = [undefined, 1, 2, 8, 16];

function words(name: string, condition: Condition): string {
  const what = name === 'statisticsBatch' ? 'batch' : name;
  if ('includes' in condition) {
    if (condition.length > 8) return `${what} given`;
    if (condition.length === 1 && condition[0] === true) return what;
    return `${what}: ${condition.join(', ')}`;
  }
  const { atLeast, below } = condition;
  if (atLeast === undefined) return `${what} below ${below}`;
  return below === undefined ? `${what} ${atLeast} or more` : `${what} ${atLeast} to ${below - 1}`;
}

/** A rule's conditions for one architecture, or for any. */
function question({ when }: Rule, architecture?: string): string {
  const lines = when
    .filter(
      (one) => !architecture || ((one.architecture ?? [architecture]) as readonly unknown[]).includes(architecture),
    )
    .map((one) => Object.entries(one).filter(([name]) => name !== 'architecture'))
    .map((entries) => entries.map(([name, condition]) => words(name, condition as Condition)).join(' and '));
  return lines.includes('') ? 'otherwise' : lines.join('<br/>or ');
}

/** Facts for which a condition holds, as far as one value of each can. */
function example(when: When, architecture: Facts['architecture'], batchSize: Facts['batchSize']): Facts {
  const lists = Object.entries(when).filter(([name]) => name !== 'statisticsBatch');
  const facts = lists.map(([name, condition]) => [name, (condition as readonly unknown[])[0]] as const);
  const known = Object.fromEntries(facts.filter(([, value]) => value !== 'unknown'));
  return { ...known, architecture, ...(batchSize === undefined ? {} : { batchSize }) };
}

function isReached(rule: Rule, architecture: Facts['architecture']): boolean {
  return rule.when.some((when) =>
    BATCHES.some((batchSize) => {
      try {
        return recommendNormalization(example(when, architecture, batchSize)).reasons[0]?.id === rule.id;
      } catch {
        return false; // such facts are in conflict
      }
    }),
  );
}

const choice = ({ choose, config }: Rule) =>
  `${typeof choose === 'string' ? choose : 'keep it'}${config ? ', frozen' : ''}`;

/** Graphviz takes letters to be narrower than a browser's: each cell is told how wide its longest line is. */
function cell(html: string, attributes: string, text = html): string {
  const longest = Math.max(...text.split('<br/>').map((line) => line.length));
  return `<td align="left" width="${Math.round(longest * 6.6 + 10)}" ${attributes}>${html}</td>`;
}

function box(name: string, title: string, rules: readonly Rule[], architecture?: string): string {
  const rows = rules.map((rule) => {
    const [asked, chosen] = [question(rule, architecture), choice(rule)];
    return `<tr>${cell(asked, 'balign="left"')}${cell(`<b>${chosen}</b>`, 'bgcolor="#dbe9f6"', chosen)}</tr>`;
  });
  const head = `<tr><td colspan="2" align="left" bgcolor="#24292f"><font color="white"><b>${title}</b></font></td></tr>`;
  return `${name} [label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="5" color="#8c959f">${head}${rows.join('')}</table>>];`;
}

/** Those that come first and ask for no architecture. */
const common = RULES.slice(
  0,
  RULES.findIndex(({ when }) => when.some((one) => one.architecture)),
);
const boxes = ARCHITECTURES.map((architecture) =>
  box(
    architecture,
    architecture,
    RULES.filter((rule) => !common.includes(rule) && isReached(rule, architecture)),
    architecture,
  ),
);
const dot = `digraph {
  rankdir=LR; bgcolor="white"; ranksep=0.9; nodesep=0.25;
  node [shape=plain, fontname="Helvetica,Arial,sans-serif", fontsize=13, fontcolor="#1f2328"];
  edge [fontname="Helvetica,Arial,sans-serif", fontsize=13, color="#57606a", fontcolor="#57606a"];
  ${box('first', 'first of all', common)}
  ${boxes.join('\n  ')}
  ${ARCHITECTURES.map((architecture) => `first -> ${architecture}:w;`).join(' ')}
}`;

const TITLE = '<title>Which normalization: six questions of every network, then a list for each architecture</title>';
const drawn = (await instance()).renderString(dot, { format: 'svg' });
const svg = `${drawn.slice(drawn.indexOf('<svg')).replace('>', `>\n${TITLE}`).trim()}\n`;
if (!process.argv.includes('--check')) writeFileSync(FILE, svg);
else if (readFileSync(FILE, 'utf8') !== svg) {
  console.error('docs/guide-tree.svg differs from the rules: npm run docs:tree');
  process.exitCode = 1;
}
