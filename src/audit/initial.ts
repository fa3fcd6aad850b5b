/** The numbers that weights begin with, where a layer's own initializer says. */
import type { NormRow } from '../norms.js';
import { type Config, isRecord, numberOf, option, word } from './part.js';

const FIXED: ReadonlyMap<string, number> = new Map([
  ['zeros', 0],
  ['ones', 1],
]);

/** The number that an initializer fills a weight with; undefined where it draws them, or is not known. */
function numberOfInitializer(initializer: unknown): number | undefined {
  if (!isRecord(initializer)) return FIXED.get(word(initializer));
  const className = word(option(initializer, 'className'));
  const config = option(initializer, 'config');
  if (className !== 'constant') return FIXED.get(className);
  const value = numberOf(isRecord(config) ? option(config, 'value') : undefined);
  return value === undefined ? undefined : Math.fround(value); // weights are float32
}

/** The number that all of a weight begins with. An option that a norm's file leaves out is the table's. */
export function startOf(config: Config, name: string, row?: NormRow): number | undefined {
  const weight = row?.weights.find((each) => each.name === name);
  return numberOfInitializer(option(config, `${weight?.option ?? name}Initializer`) ?? weight?.initializer);
}
