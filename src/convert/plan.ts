import type { LayersModel } from '@tensorflow/tfjs-layers';
import { rowOf } from '../guide/config.js';
import type { Choice } from '../guide/facts.js';
import { WeightNormalization } from '../wrappers/weight.js';
import { Folds, rewrappedChange, unwrappedChange } from './absorb.js';
import { named } from './clone.js';
import { isFixed } from './foldable.js';
import type { Layer } from './graph.js';
import type { Change } from './rebuild.js';
import type { Replacement } from './report.js';
import { rowOfSite, type Site } from './sites.js';
import { refusal, type Target } from './target.js';
import { type Transferred, transfer } from './transfer.js';

const SUBJECT = 'convertNormalization';
const OF_KERNEL = 'weight norm is of a kernel: convert it to none, which folds it, and add the other norm';

/** A norm that gets another layer. */
interface Exchange {
  readonly site: Site;
  readonly target: Target;
}

/** Decides norm by norm, and gathers the changes. */
export class Plan {
  /** By place, since two may have one path: `b` in the model `a`, and a layer called `a/b`. */
  readonly entries = new Map<Site, Replacement>();
  readonly exchanges: Exchange[] = [];
  readonly transferred = new Map<Site, Transferred>();
  private readonly others = new Map<Layer, Change>();
  private readonly folds: Folds;

  constructor(model: LayersModel) {
    this.folds = new Folds(SUBJECT, model);
  }

  add(site: Site, target: Target): void {
    const { path, norm: from } = site;
    this.entries.set(site, { path, from, ...this.outcome(site, target) });
  }

  private outcome(site: Site, target: Target): Omit<Replacement, 'path' | 'from'> {
    const left = (reason: string) => ({ to: site.norm, weights: 'kept', reason }) as const;
    const { fixedIn } = site;
    if (fixedIn) return left(`it is inside ${named(fixedIn)}, which cannot be built around another layer`);
    if (rowOfSite(site).of === 'weights') return this.fromWeights(site, target) ?? left(OF_KERNEL);
    if (rowOf(target.norm as Choice)?.of === 'weights') return this.toWeights(site, target, left);
    if (site.shapes.length === 0) return left('the shape of its input is not known');
    const reason = refusal(target, site);
    if (reason !== undefined) return left(reason);
    this.exchanges.push({ site, target });
    return { to: target.norm, weights: 'kept' };
  }

  private fromWeights(site: Site, { norm, options }: Target): Omit<Replacement, 'path' | 'from'> | undefined {
    if (norm === site.norm) {
      if (Object.keys(options).length > 0) this.others.set(site.layer, rewrappedChange(SUBJECT, site.layer, options));
      return { to: norm, weights: 'kept' };
    }
    if (norm !== 'none' || !(site.layer instanceof WeightNormalization)) return undefined;
    this.others.set(site.layer, unwrappedChange(SUBJECT, site.layer));
    return { to: 'none', weights: 'folded' };
  }

  private toWeights(
    site: Site,
    { norm, options }: Target,
    left: (reason: string) => Omit<Replacement, 'path' | 'from'>,
  ) {
    if (!isFixed(site)) return left('weight norm is of a kernel: only fixed statistics can go into the one before');
    const folded = this.folds.add(site, options);
    return typeof folded === 'string' ? left(folded) : ({ to: norm, weights: 'folded', ...folded } as const);
  }

  private exchange({ site, target }: Exchange): Change {
    return {
      make: () => [target.make(site)],
      finish: ([layer]) => void this.transferred.set(site, transfer(site, layer as Layer)),
    };
  }

  changes(): Map<Layer, Change> {
    const exchanges = this.exchanges.map((each) => [each.site.layer, this.exchange(each)] as const);
    return new Map([...this.others, ...this.folds.changes(), ...exchanges]);
  }
}
