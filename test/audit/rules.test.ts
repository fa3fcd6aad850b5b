import { AUDIT_RULES, AUDIT_SOURCES, auditModel } from '../../src/index.js';
import { onCpu, tf } from '../layers/setup.js';
import { PLANTED } from './planted.js';

onCpu();

/** Audits a planted network, and leaves nothing behind. */
async function audited(id: string, fault: boolean) {
  const { make, facts, batch, meanwhile } = PLANTED[id] as (typeof PLANTED)[string];
  const before = tf.memory().numTensors;
  const model = make(fault);
  const inputs = batch?.(fault);
  const built = tf.memory().numTensors;
  const undo = meanwhile?.(fault);
  const report = await auditModel(model as never, facts?.(fault), inputs ? { batch: inputs } : {});
  undo?.();
  expect(tf.memory().numTensors).toBe(built);
  inputs?.dispose();
  if (model instanceof tf.LayersModel) model.dispose();
  if (model instanceof tf.LayersModel) expect(tf.memory().numTensors).toBe(before);
  return report.findings;
}

test('every rule has a planted fault', () => {
  expect(Object.keys(PLANTED)).toEqual(AUDIT_RULES.map(({ id }) => id));
});

test('identifiers are said once, and every source is there', () => {
  const ids = AUDIT_RULES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { source, why, fix } of AUDIT_RULES) {
    expect(AUDIT_SOURCES[source]?.title).toBeTruthy();
    expect(why.length * fix.length).toBeGreaterThan(0);
  }
});

describe.each(AUDIT_RULES.map(({ id, severity }) => [id, severity] as const))('%s', (id, severity) => {
  test('is found where it is planted', async () => {
    const findings = await audited(id, true);
    const own = findings.filter(({ rule }) => rule === id);
    expect(own.map(({ path }) => path)).toEqual([PLANTED[id]?.path ?? 'norm']);
    expect(own[0]?.severity).toBe(severity);
    expect(findings.filter(({ rule }) => rule !== id)).toEqual([]);
  });

  test('the clean twin has no finding', async () => {
    expect(await audited(id, false)).toEqual([]);
  });
});
