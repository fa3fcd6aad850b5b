import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { fit } from './fit.js';
import type { Layer } from './graph.js';
import type { Batch } from './inputs.js';
import { asReference } from './measure.js';
import type { Plan } from './plan.js';
import type { Rebuilt } from './rebuild.js';
import type { Replacement } from './report.js';
import { isSameFunction } from './same.js';
import type { Site } from './sites.js';
import { weightsByName } from './weights.js';

const SUBJECT = 'convertNormalization';

/** What came of a calibration. */
export interface Calibrated {
  readonly sites: ReadonlySet<Site>;
  readonly warnings: readonly string[];
}

/** How many parameters were fitted, of how many; undefined where the norm has none. */
async function counted(finite: tf.Tensor | undefined): Promise<{ fitted: number; all: number } | undefined> {
  if (!finite) return undefined;
  const flags = await finite.data();
  finite.dispose();
  return { fitted: flags.filter((flag) => flag !== 0).length, all: flags.length };
}

/** Fits every norm that computes something else, front to back: each on inputs as those before it now give them. */
export async function calibrate(
  plan: Plan,
  model: LayersModel,
  made: Rebuilt,
  batches: readonly Batch[],
): Promise<Calibrated> {
  const sites = new Set<Site>();
  const warnings: string[] = [];
  await asReference(SUBJECT, model, async (before, counterpart) => {
    const models = { before, after: made.model };
    for (const { site, target } of plan.exchanges) {
      const layer = made.madeFor(site.layer)[0] as Layer;
      if (target.norm === 'none' || isSameFunction(site, target, layer)) continue;
      const count = await counted(fit(layer, counterpart(site.layer), models, batches));
      const remembers = weightsByName(layer).has('moving_mean');
      if (count ? count.fitted > 0 : remembers) sites.add(site);
      if (!count) warnings.push(`${site.path}: it has neither γ nor β, so its outputs keep moments of their own`);
      else if (count.fitted < count.all) {
        const rest = count.all - count.fitted;
        warnings.push(`${site.path}: ${rest} of ${count.all} γ and β are not fitted, the values there are not finite`);
      }
    }
  });
  return { sites, warnings };
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
  const warnings: string[] = [];
  const replaced = [...plan.entries].map(([site, entry]) => {
    const found = plan.transferred.get(site);
    if (!found || entry.reason) return entry;
    if (calibrated.has(site)) return { ...entry, weights: 'calibrated' } as const;
    if (entry.to === 'none') return { ...entry, weights: 'reset' } as const;
    if (found.reset.length > 0) {
      warnings.push(`${entry.path}: ${found.reset.join(', ')} start anew; give calibration, or train`);
    }
    return { ...entry, weights: found.weights };
  });
  return { replaced, warnings };
}
