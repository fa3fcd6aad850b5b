export { type AuditOptions, auditModel } from './audit.js';
export type { Batch as AuditBatch } from './batch.js';
export { type Description, describeModel, type ModelLike } from './describe.js';
export type { AuditedLayer, Finding } from './finding.js';
export { AuditReport } from './report.js';
export type { AuditRule, Reads, Severity } from './rule.js';
export { AUDIT_RULES } from './rules.js';
export type { Sighting, Sightings } from './sighting.js';
export { AUDIT_SOURCES, type AuditSourceId } from './sources.js';
