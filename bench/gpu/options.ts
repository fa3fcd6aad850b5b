import { Command, Option } from 'commander';
import { GPU_BACKENDS, type GpuBackend } from '../candidates/types.js';
import { DEFAULT_FILE, pattern, wholeNumber } from '../options.js';
import { GPU_CASES, type GpuCase } from './cases.js';
import { HOSTS, type Host } from './session.js';

export interface GpuOptions {
  readonly backends: readonly GpuBackend[];
  readonly host: Host;
  /** 0: no times. */
  readonly rounds: number;
  readonly json: boolean;
  readonly write?: string;
  readonly cases: readonly GpuCase[];
}

const EXAMPLES = `
Examples:
  npm run bench:gpu                                    WebGPU and WebGL in Chromium, software rendering: programs count
  npm run bench:gpu -- --backend webgl --filter layer  some cases of one backend
  npm run bench:gpu -- --no-times                      programs only
  npm run bench:gpu -- --host dawn --large             on a machine with a GPU: WebGPU in Node, by the GPU's own driver
  npm run bench:gpu -- --host dawn --large --write docs/performance.md

With --host dawn (npm ci --prefix bench --ignore-scripts) on Linux: libvulkan1 and the GPU's Vulkan driver.
VK_DRIVER_FILES=/path/to/icd.json chooses a driver; without a GPU it is Chromium's SwiftShader.
Cases: ${GPU_CASES.map(({ name }) => name).join(', ')}.
`;

function backendsOf(asked: GpuBackend | 'all' | undefined, host: Host): readonly GpuBackend[] {
  if (asked === undefined) return host === 'dawn' ? ['webgpu'] : GPU_BACKENDS;
  return asked === 'all' ? GPU_BACKENDS : [asked];
}

interface Given {
  readonly backend?: GpuBackend | 'all';
  readonly host: Host;
  readonly rounds: number;
  readonly json: boolean;
  readonly large: boolean;
  readonly times: boolean;
  readonly filter?: RegExp;
  readonly write?: string | true;
}

/** Reads the command line; a wrong value ends the program with the choices there are. */
export function parseGpuOptions(argv: readonly string[]): GpuOptions {
  const command = new Command('npm run bench:gpu --')
    .description('Counts the programs of every norm on WebGPU and WebGL, and times them against relu.')
    .addOption(new Option('--backend <name>', 'default: all that the host has').choices([...GPU_BACKENDS, 'all']))
    .addOption(new Option('--host <name>', 'a page in Chromium, or Dawn in Node').choices(HOSTS).default('page'))
    .option('--filter <pattern>', 'regular expression over "case shape" (default: all)', pattern)
    .option('--large', 'also shapes of 64 to 100 MB, which a real GPU needs and a software renderer chokes on', false)
    .option('--rounds <number>', 'samples of each; slow ones get fewer', wholeNumber, 11)
    .option('--no-times', 'programs only: a minute a backend instead of many')
    .option('--json', 'results as JSON on the standard output, instead of tables', false)
    .option('--write [file]', `write the tables as Markdown (without a name: ${DEFAULT_FILE})`)
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false);
  const { backend, host, json, large, times, filter, write, ...given } = command
    .parse(argv as string[], { from: 'user' })
    .opts<Given>();
  const backends = backendsOf(backend, host);
  if (host === 'dawn' && backends.includes('webgl')) command.error('error: Dawn has no WebGL. Use --backend webgpu.');
  const wanted = (one: GpuCase) => (large || !one.large) && (filter?.test(`${one.name} ${one.shape}`) ?? true);
  const cases = GPU_CASES.filter(wanted);
  if (cases.length === 0) command.error('error: --filter names no case. See --help.');
  const rounds = times ? given.rounds : 0;
  return { backends, host, rounds, json, cases, ...(write ? { write: write === true ? DEFAULT_FILE : write } : {}) };
}
