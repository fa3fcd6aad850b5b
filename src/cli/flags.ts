import { Option } from 'commander';
import { FACTS, type FactName, type FactRow } from '../guide/index.js';
import { BACKEND_NAMES } from './tfjs.js';

/** `batchSize` → `batch-size`. */
export const flagName = (fact: string): string => fact.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const HEADING = 'Facts:';

/** The guide judges values, as those of a file: one check, one message. Digits become a number, all else stays as it is. */
export const asNumber = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text);

/** `3` is a count, `1,2,5` a list of seeds; the package judges the rest. */
export const asSeeds = (text: string): string | number | number[] =>
  /^\d+(,\d+)+$/.test(text) ? text.split(',').map(Number) : asNumber(text);

const MAKE: { readonly [K in FactRow['kind']]: (flag: string, row: FactRow & { kind: K }) => Option[] } = {
  choice: (flag, { means, values }) => {
    const option = new Option(`--${flag} <name>`, means).choices(values);
    return [option.argParser((text) => text)]; // choices for help only
  },
  count: (flag, { means, words = [] }) => [
    new Option(`--${flag} <${['number', ...words].join('|')}>`, means).argParser(asNumber),
  ],
  flag: (flag, { means }) => [new Option(`--${flag}`, means), new Option(`--no-${flag}`).hideHelp()],
};

/** A flag for every fact, two where it is true or false. */
export function factFlags(): Option[] {
  return Object.entries(FACTS).flatMap(([fact, row]) =>
    MAKE[row.kind](flagName(fact), row as never).map((option) => option.helpGroup(HEADING)),
  );
}

/** For an option that may be repeated. */
export const collect = (value: string, values: readonly string[] = []): readonly string[] => [...values, value];

/** Which backend runs a model; a wrong name has our message. */
export const backendFlag = (): Option =>
  new Option('--backend <name>', 'what computes').choices(BACKEND_NAMES).argParser((name) => name);

/** Those of a command's options that are facts. */
export function factsOf(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(FACTS) as FactName[];
  return Object.fromEntries(names.filter((name) => name in options).map((name) => [name, options[name]]));
}
