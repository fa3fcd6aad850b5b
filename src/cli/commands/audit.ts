import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Tensor } from '@tensorflow/tfjs-core';
import { type MakeCommand, newCommand } from '../command.js';
import { backendFlag, collect, factFlags, factsOf } from '../flags.js';
import { type Host, Outcome, UsageError } from '../host.js';
import { loadModel, readTopology } from '../model.js';
import { readBatches } from '../npy.js';
import { json, linesOf, type Paper, paperFor, paragraph, text } from '../print.js';
import { underProgress } from '../progress.js';
import { type Opened, openBackend, openPackage } from '../tfjs.js';

const TEXT = {
  name: 'audit',
  description:
    'Looks for what is wrong with the norms of a saved model. What it cannot see, the batch size above all, are flags. ' +
    'Exit code: 0 clean, 1 errors or warnings (with --strict notes too), 2 could not run.',
  examples: [
    ['tfjs-normalization audit model', 'what is wrong, and what to do'],
    ['tfjs-normalization audit model --batch-size 32 --json', 'trained with batches of 32; for a program'],
    ['tfjs-normalization audit model --html report.html', 'with pictures, in a page that needs nothing else'],
    ['tfjs-normalization audit model/model.json --no-weights', 'the structure alone: layers of your own, or Keras 3'],
  ],
} as const;

type Report = Awaited<ReturnType<Opened['pack']['auditModel']>>;

interface Options {
  readonly json?: true;
  readonly strict?: true;
  readonly html?: string;
  readonly weights: boolean;
  readonly data?: readonly string[];
  readonly rule?: readonly string[];
  readonly backend?: string;
}

/** `rule=severity`; the audit knows which there are. */
function severities(rules: readonly string[] = []): Record<string, never> {
  const pairs = rules.map((rule) => {
    const [id, severity] = rule.split('=');
    if (!id || !severity)
      throw new UsageError(`--rule ${rule} must be a rule and a severity: --rule batch-under-8=off.`);
    return [id, severity as never];
  });
  return Object.fromEntries(pairs);
}

/** A report is read by people: it may replace an older one, and nothing else. */
async function writePage(path: string, page: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, page, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}.`);
  }
}

async function audited(host: Host, path: string, options: Options & Record<string, unknown>): Promise<Report> {
  const opened = await openPackage();
  const { pack, tf } = opened;
  const facts = factsOf(options);
  const rules = severities(options.rule);
  if (!options.weights) return pack.auditModel(await readTopology(path, host.stdin), facts, { rules });
  return underProgress(host, async ({ show }) => {
    await openBackend(opened, options.backend);
    show(0.1, 'loading');
    const { model } = await loadModel(opened, path, host.stdin);
    const [batch] = options.data ? await readBatches(opened, options.data) : [];
    show(0.6, 'looking');
    try {
      return await pack.auditModel(model, facts, { rules, ...(batch ? { batch: batch as Tensor[] } : {}) });
    } finally {
      tf.dispose(batch ?? []);
      model.dispose();
    }
  });
}

/** The report's own text in the width of the paper: what begins further in stays there. */
function report(paper: Paper, found: Report): string[] {
  const { bold, red, yellow, cyan } = paper.colors;
  const paints = { error: red, warning: yellow, note: cyan };
  return linesOf(String(found)).flatMap((line, i) => {
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    const [label = ''] = line.split(' ');
    const paint = i === 0 ? bold : paints[label as keyof typeof paints];
    const lines = line === '' ? [''] : paragraph(paper, line.slice(indent), indent);
    return paint ? lines.map((each, j) => (j === 0 || i === 0 ? paint(each) : each)) : lines;
  });
}

export const audit: MakeCommand = (host) => {
  const command = newCommand(host, TEXT)
    .argument('<model>', 'folder of a model.json, or the file')
    .option('--json', 'print the findings as JSON')
    .option('--html <file>', 'write a page with pictures, too')
    .option('--strict', 'notes are findings too')
    .option('--no-weights', 'read the structure alone; - is standard input')
    .option('--data <file>', 'inputs as .npy, for the rules that need them; once for each input of the model', collect)
    .option('--rule <id=severity>', 'error, warning, info or off for a rule; may be repeated', collect)
    .addOption(backendFlag());
  for (const flag of factFlags()) command.addOption(flag);
  return command.action(async (path: string, options: Options & Record<string, unknown>) => {
    const { html } = options;
    if (html !== undefined && !html.endsWith('.html')) throw new UsageError(`--html ${html} must end in .html.`);
    if (options.data && !options.weights) throw new UsageError('--data needs the weights: leave --no-weights out.');
    const found = await audited(host, path, options);
    if (html !== undefined) await writePage(html, found.html());
    host.stdout.write(options.json ? json(found) : text(report(paperFor(host), found)));
    if (!found.ok || (options.strict && found.findings.length > 0)) throw new Outcome(1);
  });
};
