import { type Part, SetupProblem } from './part.js';

/** Made on demand only. */
const ON_DEMAND = ['golden'];

/** The parts that are asked for: all but what is on demand where nothing is named, and never one twice. */
export function choose(parts: readonly Part[], names: readonly string[], withGolden = false): readonly Part[] {
  const unknown = names.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    const known = parts.map(({ name }) => name).join(', ');
    throw new SetupProblem(`There is no part "${unknown[0]}". There are: ${known}.`);
  }
  const named = (name: string) => (names.length > 0 ? names.includes(name) : !ON_DEMAND.includes(name));
  return parts.filter(({ name }) => named(name) || (withGolden && name === 'golden'));
}
