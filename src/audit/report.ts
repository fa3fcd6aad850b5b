import type { Description } from './describe.js';
import type { Audited, AuditedLayer, Finding } from './finding.js';
import { htmlOf } from './html.js';
import type { Numbers } from './pictures.js';
import { textOf } from './text.js';

/** What {@link auditModel} found: data, and three ways to read it. */
export class AuditReport implements Audited {
  /** Internal: numbers for the pictures. */
  readonly #values: ReadonlyMap<string, Numbers>;

  constructor(
    /** Faults, the gravest first. */
    readonly findings: readonly Finding[],
    /** What was seen of the model, and what the caller knew. */
    readonly facts: Description,
    /** Every layer, models taken apart. */
    readonly layers: readonly AuditedLayer[],
    values: ReadonlyMap<string, Numbers> = new Map(),
  ) {
    this.#values = values;
  }

  /** Whether nothing is wrong: no error and no warning. */
  get ok(): boolean {
    return this.findings.every(({ severity }) => severity === 'info');
  }

  /** For people: faults by rule, each with where it is and what to do. */
  toString(): string {
    return textOf(this);
  }

  /** For programs. */
  toJSON(): object {
    const { ok, findings, facts, layers } = this;
    return { ok, findings, facts, seen: facts.seen, layers };
  }

  /** A page with pictures that needs nothing else: no script, no address is asked. */
  html(): string {
    return htmlOf(this, this.#values);
  }
}
