import { Command, type CommanderError, type Option } from 'commander';
import { colorsFor, type Host, UsageError, widthOf } from './host.js';
import { oneLine } from './print.js';

export const PROGRAM = 'tfjs-normalization';

/** A line that runs, and what for. */
export type Example = readonly [line: string, purpose: string];

/** Makes a command for a host. A file of commands/ exports one. */
export type MakeCommand = (host: Host) => Command;

function exampleText(examples: readonly Example[]): string {
  const lines = examples.map(([line, purpose]) => `  # ${purpose}\n  ${line}`);
  return `\nExamples:\n${lines.join('\n\n')}\n`;
}

/** Commander's message as sentences: it begins with `error:`, and may end with what was probably meant, in brackets. */
function sentences(message: string): string {
  const text = oneLine(message.replace(/^error: /, '')).replace(/ \((Did you mean .*\?)\)$/, '. $1');
  return /[.?]$/.test(text) ? text : `${text}.`;
}

/** Help and version leave by an exception too; they have been printed. All else is for the user to put right. */
function leave(error: CommanderError, path: string): never {
  if (error.exitCode === 0) throw error;
  const message = error.code === 'commander.help' ? 'there is no such command' : error.message;
  throw new UsageError(`${sentences(message)} Run \`${path} --help\` to see what there is.`);
}

/** Facts that are true or false have a flag for each; help shows the two as one. */
function optionTerm(command: Command, { flags, long }: Option): string {
  const opposite = long?.replace('--', '--no-');
  return command.options.some((option) => option.long === opposite) ? flags.replace('--', '--[no-]') : flags;
}

export interface CommandText {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly Example[];
}

/** A command that speaks through its host and leaves the process alone. */
export function newCommand(host: Host, { name, description, examples }: CommandText): Command {
  const { stdout, env } = host;
  const { bold } = colorsFor(stdout, env);
  const command = new Command(name);
  const path = name === PROGRAM ? PROGRAM : `${PROGRAM} ${name}`;
  return command
    .description(description)
    .addHelpText('after', exampleText(examples))
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show this help')
    .configureHelp({ styleTitle: bold, optionTerm: (option) => optionTerm(command, option) })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: () => {}, // main tells what is wrong
      getOutHelpWidth: () => widthOf(stdout),
      getOutHasColors: () => true, // `bold` knows better
    })
    .exitOverride((error) => leave(error, path));
}
