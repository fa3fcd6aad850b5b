import type { Source } from '../guide/sources.js';
import type { NormId } from '../norms.js';
import type { Description } from './describe.js';
import type { Kind } from './kinds.js';
import type { Shape } from './part.js';
import type { Severity } from './rule.js';

/** A fault in a model. */
export interface Finding {
  /** Identifier of the rule, in `AUDIT_RULES`. */
  readonly rule: string;
  readonly severity: Severity;
  /** The layer at fault: `encoder/bn1` is `bn1` in the model, or wrapper, `encoder`. */
  readonly path: string;
  readonly why: string;
  readonly fix: string;
  /** What was found, by name: an option, a shape, the channels concerned. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly source: Source;
}

/** A layer as the report shows it. */
export interface AuditedLayer {
  readonly path: string;
  readonly className: string;
  readonly kind: Kind;
  /** The norm it is, or null. */
  readonly norm: NormId | null;
  readonly output: Shape | null;
}

/** What an audit found, as data. */
export interface Audited {
  readonly findings: readonly Finding[];
  readonly facts: Description;
  readonly layers: readonly AuditedLayer[];
}
