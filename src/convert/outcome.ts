import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { layersWithin } from '../layers/within.js';
import { fit } from './fit.js';
import type { Layer } from './graph.js';
import type { Batch } from './inputs.js';
import { asReference } from './measure.js';
import type { Plan } from './plan.js';
import type { Rebuilt } from './rebuild.js';
import type { Replacement } from './report.js';
import type { Site } from './sites.js';
import { weightsByName } from './weights.js';

const SUBJECT = 'convertNormalization';

/** Fits every norm that computes something else, front to back: each on inputs as those before it now give them. */
export async function calibrate(
  plan: Plan,
  model: LayersModel,
  made: Rebuilt,
  batches: readonly Batch[],
): Promise<Set<Site>> {
  const others = plan.exchanges.filter(({ site, target }) => target.norm !== site.norm && target.norm !== 'none');
  await asReference(SUBJECT, model, async (before) => {
    // A copy has copies of the layers too, by the same paths.
    const old = new Map(layersWithin(before).map(({ path, layer }) => [path, layer]));
    const models = { before, after: made.model };
    for (const { site } of others) {
      fit(made.madeFor(site.layer)[0] as Layer, old.get(site.path) as Layer, models, batches);
    }
  });
  return new Set(others.map(({ site }) => site));
}

/** Weights without a place in the new norm, where they did something. */
export async function droppedWarnings(plan: Plan): Promise<string[]> {
  const found = await Promise.all(
    [...plan.transferred].flatMap(([site, { dropped }]) =>
      dropped.map(async (name) => {
        const neutral = { beta: 0, gamma: 1, scale: 1 }[name];
        if (neutral === undefined) return [];
        const value = weightsByName(site.layer).get(name) as tf.Tensor;
        const most = tf.tidy(() => tf.max(tf.abs(tf.sub(value, neutral)))); // []
        const [far = 0] = await most.data();
        most.dispose();
        const words = `${site.path}: ${name} has no place in the new norm, and is up to ${far.toPrecision(3)} from ${neutral}`;
        return far > 1e-6 ? [words] : [];
      }),
    ),
  );
  return found.flat();
}

/** The entries with what became of the weights, and what there is to say of it. */
export function outcomes(plan: Plan, calibrated: ReadonlySet<Site>): { replaced: Replacement[]; warnings: string[] } {
  const bySite = new Map([...plan.transferred].map(([site, result]) => [site.path, { site, ...result }]));
  const warnings: string[] = [];
  const replaced = plan.replaced.map((entry) => {
    const found = bySite.get(entry.path);
    if (!found || entry.reason) return entry;
    if (calibrated.has(found.site)) return { ...entry, weights: 'calibrated' } as const;
    if (entry.to === 'none') return { ...entry, weights: 'reset' } as const;
    if (found.reset.length > 0) {
      warnings.push(`${entry.path}: ${found.reset.join(', ')} start anew; give calibration, or train`);
    }
    return { ...entry, weights: found.weights };
  });
  return { replaced, warnings };
}
