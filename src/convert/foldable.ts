import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { named } from './clone.js';
import { allNodesOf, type Container, containersOf, isTimeDistributed, type Layer, type Node, nodeOf } from './graph.js';
import { type Linear, linearOf } from './linear.js';
import { rowOfSite, type Site } from './sites.js';

/** What stands in the graph for a layer: TimeDistributed around it, or itself. */
export const unitOf = ({ layer, holder }: Site): Layer =>
  holder && isTimeDistributed(holder.layer) ? holder.layer : layer;

/** Whether inference of a norm is one fixed affine map per channel: all its statistics are remembered ones. */
export function isFixed(site: Site): boolean {
  const { of, memory, averagesOver } = rowOfSite(site);
  return of === 'activations' && memory && averagesOver.every((list) => list.includes('batch'));
}

/** The dimension a norm's channels are in, of its unit's input. */
function channelAxis(site: Site, rank: number): number {
  const { axis } = site.layer.getConfig() as { axis: number | number[] };
  const steps = unitOf(site) === site.layer ? 0 : 1;
  const own = [axis].flat()[0] as number;
  return own < 0 ? own + rank : own + steps;
}

/** Who makes and who reads each symbolic tensor of a model. */
export class Graph {
  private readonly nodes: Node[];
  private readonly readers = new Map<number, number>();
  private readonly ends: Set<number>;
  /** Norms that have gone into the layer before: their input is that layer's. */
  private readonly gone = new Set<Layer>();

  constructor(model: Layer) {
    this.nodes = allNodesOf(model);
    for (const { id } of this.nodes.flatMap(({ inputTensors }) => inputTensors)) {
      this.readers.set(id, (this.readers.get(id) ?? 0) + 1);
    }
    this.ends = new Set(containersOf(model).flatMap(({ outputs }: Container) => outputs.map(({ id }) => id)));
  }

  private usesOf = (unit: Layer) => this.nodes.filter(({ outboundLayer }) => outboundLayer === unit);

  /** The application before, past norms that are gone. */
  private before(tensor: SymbolicTensor): Node {
    const node = nodeOf(tensor);
    return this.gone.has(node.outboundLayer) ? this.before(node.inputTensors[0] as SymbolicTensor) : node;
  }

  private isReadOnce = ({ id }: SymbolicTensor) => this.readers.get(id) === 1 && !this.ends.has(id);

  /** Whether a layer stands only where this unit does, not in another wrapper or by itself. */
  private standsOnlyIn(unit: Layer, layer: Layer): boolean {
    const units = new Set(this.nodes.map(({ outboundLayer }) => outboundLayer));
    const holders = [...units].filter(
      (other) => other === layer || (isTimeDistributed(other) && other.layer === layer),
    );
    return holders.length === 1 && holders[0] === unit;
  }

  /** The linear layer that a norm can go into, or why there is none. */
  into(site: Site): Linear | string {
    const { training } = site.layer.getConfig() as { training?: unknown };
    if (training === true) return 'it uses the statistics of the batch in inference too (training: true)';
    const unit = unitOf(site);
    const uses = this.usesOf(unit);
    const inputs = uses.flatMap(({ inputTensors }) => inputTensors);
    const makers = inputs.map((tensor) => this.before(tensor));
    const maker = makers[0]?.outboundLayer;
    if (!maker || !this.standsOnlyIn(unit, site.layer)) return 'it stands in several wrappers';
    if (!makers.every(({ outboundLayer }) => outboundLayer === maker)) return 'it follows several layers';
    const linear = linearOf(maker);
    if (typeof linear === 'string') return linear;
    if (!inputs.every(this.isReadOnce)) return `the output of ${named(maker)} is used elsewhere too`;
    const isShared = new Set(makers).size !== this.usesOf(maker).length || !this.standsOnlyIn(maker, linear.place);
    if (isShared) return `${named(maker)} is shared with a place that has no such norm`;
    const rank = inputs[0]?.shape.length as number;
    if (linear.axisIn(rank) !== channelAxis(site, rank)) {
      return `it normalizes another axis than the outputs of ${named(maker)}`;
    }
    return linear;
  }

  /** From now on the norm counts as gone into the layer before it. */
  remove(site: Site): void {
    this.gone.add(unitOf(site));
  }
}
