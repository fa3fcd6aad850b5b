import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import type { Facts } from '../guide/facts.js';
import { inputsOf } from '../layers/inputs.js';
import { normRow } from '../norms.js';
import { statisticsOf } from './batch.js';
import { type Description, factsOf, type ModelLike } from './describe.js';
import type { Finding } from './finding.js';
import type { Graph } from './graph.js';
import { isModel } from './live.js';
import { epsilonOf } from './near.js';
import type { GraphNode } from './node.js';
import { type AuditOptions, checkOptions } from './options.js';
import { checkPlain } from './plain.js';
import { readModel } from './read.js';
import { AuditReport } from './report.js';
import { type AuditRule, SEVERITIES, type Severity, type Subject } from './rule.js';
import { AUDIT_RULES } from './rules.js';
import { AUDIT_SOURCES } from './sources.js';
import { hasLearned, valuesOf } from './values.js';

const SUBJECT = 'auditModel';

async function subjectsIn(model: ModelLike, graph: Graph, facts: Facts, { batch }: AuditOptions): Promise<Subject[]> {
  const norms = graph.nodes.filter(({ norm }) => norm !== undefined);
  const live = isModel(model);
  if (batch !== undefined && !live) {
    throw problem(SUBJECT, 'a batch needs a model in memory', {}, 'Load it: await tf.loadLayersModel(…).');
  }
  if (batch !== undefined) inputsOf(SUBJECT, model as unknown as LayersModel, batch, 'batch');
  const values = await valuesOf(norms);
  const trained = await hasLearned(graph.nodes);
  const watched = norms.filter(({ norm }) => norm && normRow(norm).of === 'activations');
  const seen = batch ? await statisticsOf(model as unknown as LayersModel, watched, batch) : undefined;
  return norms.map((node) => ({
    node,
    row: normRow(node.norm as NonNullable<GraphNode['norm']>),
    graph,
    facts,
    values: values.get(node),
    batch: seen?.get(node),
    trained,
  }));
}

/** The one evaluator: every rule on every norm. A layer before two norms is named once. */
function evaluate(subjects: readonly Subject[], severities: NonNullable<AuditOptions['rules']>): Finding[] {
  const active = AUDIT_RULES.filter(({ id }) => severities[id] !== 'off');
  const order = ({ severity }: Finding) => SEVERITIES.indexOf(severity);
  const all = active.flatMap((rule) => subjects.flatMap((subject) => findingOf(rule, subject, severities) ?? []));
  const keys = new Set<string>();
  const once = all.filter(({ rule, path }) => {
    const key = `${rule} ${path}`;
    return !keys.has(key) && keys.add(key);
  });
  return once.sort((a, b) => order(a) - order(b));
}

function findingOf(
  rule: AuditRule,
  subject: Subject,
  severities: NonNullable<AuditOptions['rules']>,
): Finding | undefined {
  const result = rule.find(subject);
  if (!result) return undefined;
  const { id, why, fix } = rule;
  const severity = (severities[id] ?? result.severity ?? rule.severity) as Severity;
  const path = result.path ?? subject.node.path;
  return { rule: id, severity, path, why, fix, values: result.values, source: AUDIT_SOURCES[rule.source] };
}

function reportOf(graph: Graph, facts: Description, subjects: readonly Subject[], findings: Finding[]): AuditReport {
  const layers = graph.nodes.map(({ path, className, kind, norm, output }) => ({
    path,
    className,
    kind,
    norm: norm ?? null,
    output: output ?? null,
  }));
  const known = subjects.filter(({ values }) => values !== undefined);
  const numbers = known.map((s) => [s.node.path, Object.assign({ ...s.values }, { epsilon: epsilonOf(s) })] as const);
  return new AuditReport(findings, facts, layers, new Map(numbers) as never);
}

/**
 * Looks for what is wrong with the norms of a model: batch statistics of too few examples, frozen layers that go on learning, momentum
 * the wrong way round, statistics that were never taken or are not finite, sets of one value, biases and dropout where they do harm,
 * defects of the host's own layers, and the rest of {@link AUDIT_RULES}. Nothing of the model is changed.
 *
 * @param model A layers model, or the parsed object of a `model.json`: then the rules that read weights find nothing.
 * @param facts What you know besides what {@link describeModel} sees: the batch size it trains with, above all.
 * @param options A `batch` of inputs for the rules that need data, `strict`, and other severities by rule.
 * @returns A report: `findings` with rule, path, severity, why and fix; `toString()`, `JSON.stringify`, and `html()` to read it.
 * @throws NormalizationError (the promise is rejected) where there is no model, for unknown facts, options and rules, and where
 *   `strict` is set and there is an error or a warning.
 *
 * @example
 * ```js
 * const model = tf.sequential();
 * model.add(tf.layers.conv2d({ filters: 8, kernelSize: 3, inputShape: [8, 8, 3], name: 'conv' }));
 * model.add(batchNormalization({ momentum: 0.1, name: 'norm' }));
 * model.add(tf.layers.activation({ activation: 'relu' }));
 * const report = await auditModel(model, { batchSize: 2 });
 * console.log(report.findings.map(({ rule, path }) => `${path}: ${rule}`));
 * // [ 'norm: batch-under-4', 'norm: momentum-convention', 'conv: no-bias-before' ]
 * ```
 */
export async function auditModel(
  model: ModelLike,
  facts?: Partial<Facts>,
  options: AuditOptions = {},
): Promise<AuditReport> {
  if (facts !== undefined) checkPlain(SUBJECT, 'facts', facts, 'Try { batchSize: 4 }.');
  checkOptions(SUBJECT, options);
  const graph = readModel(SUBJECT, model);
  const known = factsOf(graph, facts);
  const subjects = await subjectsIn(model, graph, known, options);
  const report = reportOf(graph, known, subjects, evaluate(subjects, options.rules ?? {}));
  if (options.strict && !report.ok) throw problem(SUBJECT, 'the model must be without faults', {}, `\n${report}`);
  return report;
}
