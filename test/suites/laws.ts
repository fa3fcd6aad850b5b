import type { Suite } from './harness.js';
import { formulas } from './laws/formulas.js';
import { identities } from './laws/identities.js';
import { invariances } from './laws/invariances.js';
import { memoryLaws } from './laws/memory.js';
import { slopes } from './laws/slopes.js';
import { weightLaws } from './laws/weights.js';

/** Laws over table × backend: a new row is held to every one that its columns promise. */
export const laws: Suite = {
  name: 'laws',
  checks: [...formulas, ...invariances, ...identities, ...slopes, ...weightLaws, ...memoryLaws],
};
