import { Argument } from 'commander';
import { type MakeCommand, newCommand } from '../command.js';
import { factFlags, factsOf } from '../flags.js';
import { readTopology } from '../model.js';
import { columns, json, linesOf, type Paper, paperFor, section, text } from '../print.js';
import { type Opened, openPackage } from '../tfjs.js';

const TEXT = {
  name: 'describe',
  description:
    'Reads the facts that the guide asks for off a model.json of tfjs, Keras 2 or Keras 3, and says where each was seen. ' +
    'The weights are not read. What you know besides are flags; they win over what is seen.',
  examples: [
    ['tfjs-normalization describe model', 'the facts of a saved model'],
    ['tfjs-normalization describe model/model.json --batch-size 4 --json', 'as the JSON that recommend reads'],
    ['tfjs-normalization describe model --as-new --json | tfjs-normalization recommend -', 'what the guide would take'],
  ],
} as const;

type Description = ReturnType<Opened['pack']['describeModel']>;

/** More layers than these are counted. */
const NAMED = 3;

function placeText(where: readonly string[]): string {
  const more = where.length - NAMED;
  return [...where.slice(0, NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

function report(paper: Paper, facts: Description): string[] {
  const rows = Object.entries(facts).map(([name, value]) => {
    const sighting = facts.seen[name as keyof Description['seen']];
    const at = sighting && sighting.where.length > 0 ? ` (${placeText(sighting.where)})` : '';
    const origin = sighting ? `${sighting.why}${at}` : 'you say so';
    return [name, String(value), linesOf(origin).join(' ')];
  });
  return section(paper, 'Facts', columns(paper, rows, paper.colors.cyan).flat()).slice(1);
}

interface Options {
  readonly json?: true;
  readonly asNew?: true;
}

export const describe: MakeCommand = (host) => {
  const command = newCommand(host, TEXT)
    .addArgument(new Argument('<model>', 'folder of a model.json, or the file; - for standard input'))
    .option('--json', 'print the facts as JSON, for recommend')
    .option('--as-new', 'leave out the norm that it has, which the guide would keep');
  for (const flag of factFlags()) command.addOption(flag);
  return command.action(async (path: string, options: Options & Record<string, unknown>) => {
    const { pack } = await openPackage();
    const hints = { ...(options.asNew ? { pretrained: undefined } : {}), ...factsOf(options) };
    const facts = pack.describeModel(await readTopology(path, host.stdin), hints);
    host.stdout.write(options.json ? json(facts) : text(report(paperFor(host), facts)));
  });
};
