import { type LayersModel, layers, model, Sequential, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { NormalizationError, problem } from '../core/errors.js';
import { layersWithin } from '../layers/within.js';
import { cloneLayer, copyWeights, named } from './clone.js';
import { free } from './free.js';
import { type Container, isContainer, isTimeDistributed, type Layer, nodeOf } from './graph.js';

/** What comes in a layer's place: none where it goes. */
export interface Change {
  make(): Layer[];
  /** Sets the weights of what was made, once the model is built. */
  finish?(made: readonly Layer[]): void;
}

export type Changes = ReadonlyMap<Layer, Change>;

/** A model built anew. */
export interface Rebuilt {
  readonly model: LayersModel;
  /** What came in a layer's place. */
  madeFor(layer: Layer): readonly Layer[];
  /** Layers and their copies, those of models and TimeDistributed apart. */
  readonly copies: readonly (readonly [Layer, Layer])[];
  /** Frees what was made, also of a model that was not finished. */
  dispose(): void;
}

const single = <T>(list: T[]): T | T[] => (list.length === 1 ? (list[0] as T) : list);

/** The new layers and symbolic tensors by the old ones, so that what is shared stays shared. */
class Builder {
  private readonly chains = new Map<Layer, readonly Layer[]>();
  private readonly tensors = new Map<number, SymbolicTensor>();
  /** Old layer and its copy, whose weights are still to come. */
  readonly copies: [Layer, Layer][] = [];

  constructor(
    private readonly subject: string,
    private readonly changes: Changes,
  ) {}

  madeFor(layer: Layer): readonly Layer[] {
    return this.chains.get(layer) ?? [];
  }

  /** The layers in the place of one. */
  chain(layer: Layer): readonly Layer[] {
    const known = this.chains.get(layer);
    if (known) return known;
    const made = this.changes.get(layer)?.make() ?? [this.copy(layer)];
    this.chains.set(layer, made);
    return made;
  }

  private copy(layer: Layer): Layer {
    if (isContainer(layer)) return this.container(layer);
    if (isTimeDistributed(layer)) return this.timeDistributed(layer);
    const copy = cloneLayer(this.subject, layer);
    copy.setFastWeightInitDuringBuild(true); // the weights come from the old layer
    this.copies.push([layer, copy]);
    return copy;
  }

  /** By its constructor: the registry would make a stock norm of ours within, and weights of a model within. */
  private timeDistributed(wrapper: Layer & { layer: Layer }): Layer {
    const [layer] = this.chain(wrapper.layer);
    const { layer: _, ...config } = wrapper.getConfig();
    return layers.timeDistributed({ ...config, layer } as Parameters<typeof layers.timeDistributed>[0]);
  }

  container(old: Container): LayersModel {
    const made = old instanceof Sequential ? this.sequential(old) : this.functional(old);
    const metadata = (old as unknown as LayersModel).getUserDefinedMetadata?.();
    if (metadata) made.setUserDefinedMetadata(metadata);
    if (!old.trainable) made.trainable = false;
    return made;
  }

  private sequential(old: Sequential): Sequential {
    return new Sequential({ name: old.name, layers: old.layers.flatMap((layer) => this.chain(layer)) });
  }

  private functional({ name, inputs, outputs }: Container): LayersModel {
    const all = (list: SymbolicTensor[]) => list.map((tensor) => this.tensor(tensor));
    return model({ name, inputs: all(inputs), outputs: all(outputs) });
  }

  /** The new symbolic tensor for an old one: its layer is applied where it was not yet. */
  private tensor(old: SymbolicTensor): SymbolicTensor {
    const known = this.tensors.get(old.id);
    if (known) return known;
    const { inputTensors, outputTensors, callArgs } = nodeOf(old);
    const isInput = old.sourceLayer.getClassName() === 'InputLayer';
    const inputs = isInput ? [] : inputTensors.map((tensor) => this.tensor(tensor));
    const chain = this.chain(old.sourceLayer);
    const outputs = isInput
      ? (nodeOfInput(chain[0] as Layer).outputTensors as SymbolicTensor[])
      : chain.reduce<SymbolicTensor[]>((x, layer) => applied(layer, x, callArgs), inputs);
    outputTensors.forEach((tensor, i) => {
      this.tensors.set(tensor.id, outputs[i] as SymbolicTensor);
    });
    return this.tensors.get(old.id) as SymbolicTensor;
  }

  finish(): void {
    for (const [old, copy] of this.copies) copyWeights(this.subject, old, copy);
    for (const [old, change] of this.changes) change.finish?.(this.madeFor(old));
  }

  dispose(): void {
    free([...this.chains.values()].flat());
  }
}

const nodeOfInput = (layer: Layer) => layer.inboundNodes[0] as Layer['inboundNodes'][number];

const isSymbolic = (value: unknown) => [value].flat().some((each) => each instanceof SymbolicTensor);

/** The host fills in the dictionary it is called with: of its own are masks, and initial states, which are inputs already. */
function applied(layer: Layer, inputs: SymbolicTensor[], callArgs: object | undefined): SymbolicTensor[] {
  const given = Object.entries(callArgs ?? {}).filter(([key, value]) => key !== 'mask' && !isSymbolic(value));
  const kwargs = Object.fromEntries(given);
  return [layer.apply(single(inputs), kwargs) as SymbolicTensor | SymbolicTensor[]].flat();
}

/**
 * Builds a model anew from the configurations of its layers and the connections between them, with other layers in the
 * place of some. Nothing is applied to the old layers and nothing of theirs is written, so the old model stays as it is.
 *
 * @throws NormalizationError for layers that cannot be made from their configuration; nothing is left behind then.
 */
export function rebuild(subject: string, old: LayersModel, changes: Changes): Rebuilt {
  const builder = new Builder(subject, changes);
  try {
    // A sequential model asks for a first layer that is not applied anywhere yet.
    const within = layersWithin(old).map(({ layer }) => layer);
    for (const layer of within.reverse()) if (layer instanceof Sequential) builder.chain(layer);
    const made = builder.chain(old)[0] as LayersModel;
    builder.finish();
    return {
      model: made,
      madeFor: (layer) => builder.madeFor(layer),
      copies: builder.copies,
      dispose: () => builder.dispose(),
    };
  } catch (error) {
    builder.dispose();
    if (error instanceof NormalizationError) throw error;
    const received = { model: named(old), cause: (error as Error).message };
    throw problem(subject, 'the model cannot be built anew', received, 'Check that it can be saved and loaded.');
  }
}
