import * as tf from '@tensorflow/tfjs-core';
import { InputSpec, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Kwargs } from '@tensorflow/tfjs-layers/dist/types.js';
import type { Shape } from '../layers/shape.js';
import { cellOf } from './kernels.js';

type Inputs = Parameters<layers.Layer['apply']>[0];
type Outputs = ReturnType<layers.Layer['apply']>;

/** What a recurrent layer has besides, which `Bidirectional` asks for. */
interface Recurrent {
  readonly returnSequences?: boolean;
  readonly returnState?: boolean;
  readonly states?: tf.Tensor[];
  stateSpec?: InputSpec[];
}

const listOf = <T>(value: T | readonly T[]): T[] => (Array.isArray(value) ? [...value] : [value as T]);

/**
 * What a layer around a layer is to the host: shapes, masks and states are the inner layer's. (The host's own `Wrapper`
 * is not exported, and hides the weights of a wrapper.)
 */
export abstract class LayerWrapper extends layers.Layer {
  /** The wrapped layer. */
  abstract readonly layer: layers.Layer;

  /** Sorts the weights into those that train and those that do not. */
  protected abstract arrangeWeights(): void;

  private get recurrent(): Recurrent {
    return this.layer as unknown as Recurrent;
  }

  get returnSequences(): boolean | undefined {
    return this.recurrent.returnSequences;
  }

  get returnState(): boolean | undefined {
    return this.recurrent.returnState;
  }

  get states(): tf.Tensor[] | undefined {
    return this.recurrent.states;
  }

  override get stateful(): boolean {
    return this.layer?.stateful ?? false;
  }

  override resetStates(...states: unknown[]): void {
    (this.layer.resetStates as (...args: unknown[]) => void)(...states);
  }

  /** A frozen wrapper is frozen within, and says so in both configurations. */
  override get trainable(): boolean {
    return this.trainable_;
  }

  override set trainable(value: boolean) {
    super.trainable = value;
    this.layer.trainable = value;
    if (this.built) this.arrangeWeights();
  }

  /** The host leaves the states of a stateful layer behind. */
  protected override disposeWeights(): number {
    const { states_: states, keptStates } = this.layer as { states_?: tf.Tensor[]; keptStates?: tf.Tensor[][] };
    tf.dispose([states ?? [], keptStates ?? []] as unknown as tf.TensorContainer);
    return super.disposeWeights();
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.layer.setFastWeightInitDuringBuild(value);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return this.layer.computeOutputShape(inputShape) as Shape | Shape[];
  }

  override computeMask(inputs: tf.Tensor | tf.Tensor[], mask?: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    return this.layer.computeMask(inputs, mask);
  }

  /**
   * A recurrent layer takes its initial states as further inputs, or as `initialState`; symbolic ones become inputs of
   * the node, values go to the call, as in the host's own layers.
   */
  override apply(inputs: Inputs, kwargs: Kwargs = {}): Outputs {
    const [x, ...further] = listOf<tf.Tensor | SymbolicTensor>(inputs as tf.Tensor);
    const { initialState, ...rest } = kwargs;
    const states = further.length > 0 || !initialState ? further : listOf<tf.Tensor>(initialState);
    if (!cellOf(this.layer) || states.length === 0) return super.apply(inputs, kwargs);
    const specs = states.map(({ shape }) => new InputSpec({ shape }));
    this.recurrent.stateSpec = specs;
    if (!(states[0] instanceof SymbolicTensor)) {
      return super.apply(x as tf.Tensor, { ...rest, initialState: states });
    }
    const own = this.inputSpec;
    this.inputSpec = [...own, ...specs];
    try {
      return super.apply([x, ...states] as SymbolicTensor[], rest);
    } finally {
      this.inputSpec = this.built ? this.layer.inputSpec : own;
    }
  }

  /** Builds the wrapped layer, and takes over what it asks of its input. */
  protected buildInner(shape: Shape, built: boolean): void {
    const states = this.inputSpec?.slice(1) ?? [];
    const { layer } = this;
    if (!built) {
      layer.build(shape);
      layer.built = true;
      if (layer.initialWeights) layer.setWeights(layer.initialWeights);
    }
    this.inputSpec = layer.inputSpec && states.length > 0 ? [...layer.inputSpec, ...states] : layer.inputSpec;
  }
}
