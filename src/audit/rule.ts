import type { Facts } from '../guide/facts.js';
import { PLACEMENT, WARNINGS } from '../guide/notes.js';
import type { NormRow } from '../norms.js';
import type { BatchStatistics } from './batch.js';
import type { Graph } from './graph.js';
import type { GraphNode } from './node.js';
import type { AuditSourceId } from './sources.js';
import type { Values } from './values.js';

/** What is wrong now, what will be, and what could be better. */
export const SEVERITIES = ['error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a rule has to read. `weights` need a model in memory, `batch` the inputs of one. */
export type Reads = 'structure' | 'facts' | 'weights' | 'batch';

/** A norm in a model, with all that is known of it. */
export interface Subject {
  readonly node: GraphNode;
  readonly row: NormRow;
  readonly graph: Graph;
  readonly facts: Facts;
  readonly values: Values | undefined;
  readonly batch: BatchStatistics | undefined;
  /** Whether weights show that the model has learned. */
  readonly trained: boolean;
}

/** Where and with which values a rule found its fault. */
export interface Found {
  /** Another layer than the norm. */
  readonly path?: string;
  /** Where the fault is less grave than its rule says. */
  readonly severity?: Severity;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What can be wrong with a norm: a row of the audit's table. */
export interface AuditRule {
  readonly id: string;
  readonly severity: Severity;
  readonly reads: Reads;
  readonly why: string;
  readonly fix: string;
  readonly source: AuditSourceId;
  /** Internal: the fault, if it is there. */
  find(subject: Subject): Found | undefined;
}

/** The guide's words on the same pitfall: said in one place. */
export function noted(id: string): { id: string; why: string; source: AuditSourceId } {
  const row = [...WARNINGS, ...PLACEMENT].find((note) => note.id === id);
  if (!row) throw new Error(`The guide has no note ${id}.`);
  return { id, why: row.text, source: row.source };
}

export const found = (values: Found['values'], path?: string): Found => ({ values, ...(path ? { path } : {}) });
