import { frozen } from '../guide/frozen.js';
import type { AuditRule } from './rule.js';
import { BATCH_RULES } from './rulesBatch.js';
import { HOST_RULES } from './rulesHost.js';
import { PLACE_RULES } from './rulesPlace.js';
import { SET_RULES } from './rulesSets.js';
import { STATISTICS_RULES } from './rulesStatistics.js';
import { VALUE_RULES } from './rulesValues.js';

/** Everything the audit looks for, as data: id, severity, what it reads, why, what to do, source. */
export const AUDIT_RULES: readonly AuditRule[] = frozen([
  ...STATISTICS_RULES,
  ...SET_RULES,
  ...HOST_RULES,
  ...PLACE_RULES,
  ...VALUE_RULES,
  ...BATCH_RULES,
]);
