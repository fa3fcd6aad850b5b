import { Option } from 'commander';
import { type Facts, recommendNormalization } from '../../guide/index.js';
import { type MakeCommand, newCommand } from '../command.js';
import { readValues } from '../file.js';
import { factFlags, factsOf } from '../flags.js';
import { json, paperFor, text } from '../print.js';
import { report } from '../report.js';

const TEXT = {
  name: 'recommend',
  description:
    'Recommends a normalization for what is known about a network, with reasons. Only the architecture is needed; ' +
    'a fact that is left out is unknown, which is not the same as false.',
  examples: [
    ['tfjs-normalization recommend --architecture cnn --batch-size 2 --channels 48', 'a convolutional network'],
    [`echo '{ "architecture": "rnn" }' | tfjs-normalization recommend - --no-online --json`, 'facts from a program'],
    ['tfjs-normalization recommend facts.json --batch-size 32', 'facts from a file; flags win over it'],
    ['tfjs-normalization recommend --architecture transformer --code', 'a program that runs as printed'],
  ],
} as const;

interface Options {
  readonly json?: true;
  readonly code?: true;
}

export const recommend: MakeCommand = (host) => {
  const command = newCommand(host, TEXT)
    .argument('[file]', 'facts as a JSON object in a file, - for standard input; flags win over it')
    .addOption(new Option('--json', 'print the recommendation as JSON').conflicts('code'))
    .option('--code', 'print only the program');
  for (const flag of factFlags()) command.addOption(flag);
  return command.action(async (file: string | undefined, options: Options & Record<string, unknown>) => {
    const given = file === undefined ? {} : await readValues(file, host.stdin);
    const found = recommendNormalization({ ...given, ...factsOf(options) } as unknown as Facts);
    if (options.json) host.stdout.write(json(found));
    else if (options.code) host.stdout.write(`${found.code}\n`);
    else host.stdout.write(text(report(paperFor(host), found)));
  });
};
