import { type AuditOptions, auditModel, type Facts } from '../../src/index.js';

type Model = Parameters<typeof auditModel>[0];

/** What an audit finds, `rule@path`, after which the model is gone. */
export async function rulesOf(model: Model, facts?: Partial<Facts>, options?: AuditOptions): Promise<string[]> {
  const { findings } = await auditModel(model, facts, options);
  (model as { dispose?: () => void }).dispose?.();
  return findings.map(({ rule, path }) => `${rule}@${path}`);
}
