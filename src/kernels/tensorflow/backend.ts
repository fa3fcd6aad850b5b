import type { Tensor } from '@tensorflow/tfjs-core';

/** An attribute of a TensorFlow op. */
interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | string;
}

type Constant = 'TF_ATTR_TYPE' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING' | 'TF_FLOAT' | 'TF_INT32';

/** What is used of the backend that tfjs-node and tfjs-node-gpu share. */
export interface NodeBackend {
  readonly binding: Readonly<Record<Constant, number>>;
  executeSingleOutput(op: string, attributes: Attribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(op: string, attributes: Attribute[], inputs: Tensor[], outputs: number): Tensor[];
  readSync(dataId: object): ArrayLike<number>;
}

/** Attributes by the kinds there are. */
export function attributesOf({ binding }: NodeBackend) {
  return {
    type: (name: string, value = binding.TF_FLOAT): Attribute => ({ name, type: binding.TF_ATTR_TYPE, value }),
    float: (name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_FLOAT, value }),
    bool: (name: string, value: boolean): Attribute => ({ name, type: binding.TF_ATTR_BOOL, value }),
    text: (name: string, value: string): Attribute => ({ name, type: binding.TF_ATTR_STRING, value }),
  };
}
