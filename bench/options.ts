import { Command, InvalidArgumentError, Option } from 'commander';
import type { Job } from './bench.js';
import { BACKENDS, type Backend, CANDIDATES, type CandidateName } from './candidates/types.js';
import { CASES } from './cases.js';

export interface Options {
  readonly backend: Backend;
  readonly rounds: number;
  readonly without: readonly CandidateName[];
  readonly json: boolean;
  readonly write?: string;
  readonly jobs: readonly Job[];
}

export const DEFAULT_FILE = 'bench/out/performance.md';

const EXAMPLES = `
Examples:
  npm run bench                                      everything on wasm, three minutes
  npm run bench -- --filter '^layer forward'         one pass of one case
  npm run bench -- --backend cpu --rounds 5 --without stock
  npm run bench -- --write docs/performance.md       the tables of this backend, written into the page

Cases: ${CASES.map(({ name }) => name).join(', ')}; passes: forward, forward+backward.
The peers are apart from the package: npm ci --prefix bench --ignore-scripts
`;

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
}

export function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch {
    throw new InvalidArgumentError('It must be a regular expression.');
  }
}

function jobsFor(filter: RegExp | undefined): Job[] {
  const jobs = CASES.flatMap((given) => given.passes.map((pass): Job => ({ given, pass })));
  return jobs.filter(({ given, pass }) => filter?.test(`${given.name} ${pass}`) ?? true);
}

/** Reads the command line; a wrong value ends the program with the choices there are. */
export function parseOptions(argv: readonly string[]): Options {
  const backend = new Option('--backend <name>', 'what computes');
  const without = new Option('--without <names...>', 'candidates to leave out');
  const command = new Command('npm run bench --')
    .description('Times the norms beside their peers, in one process and in turn. Figures are ratios of medians.')
    .addOption(backend.choices(BACKENDS).default('wasm'))
    .option('--filter <pattern>', 'regular expression over "case pass" (default: all)', pattern)
    .option('--rounds <number>', 'samples of each candidate; slow ones get fewer', wholeNumber, 21)
    .addOption(without.choices(CANDIDATES).default([]))
    .option('--json', 'results as JSON on the standard output, instead of tables', false)
    .option('--write [file]', `write the tables as Markdown (without a name: ${DEFAULT_FILE})`)
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false);
  type Given = Omit<Options, 'jobs' | 'write'> & { filter?: RegExp; write?: string | true };
  const { filter, write, ...rest } = command.parse(argv as string[], { from: 'user' }).opts<Given>();
  const jobs = jobsFor(filter);
  if (jobs.length === 0) command.error(`error: --filter ${filter?.source} names no case. See --help.`);
  return { ...rest, jobs, ...(write ? { write: write === true ? DEFAULT_FILE : write } : {}) };
}
