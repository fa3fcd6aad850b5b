import type { SlabView } from '../../../src/kernels/contract.js';

/** A shape and its view for each way through the kernels. */
export interface Form {
  readonly name: string;
  readonly shape: number[];
  readonly view: SlabView;
}

export const FORMS: readonly Form[] = [
  { name: 'layer', shape: [3, 5, 77], view: { B: 15, S: 1, G: 1, K: 77, T: 1 } },
  { name: 'long layer', shape: [3, 5000], view: { B: 3, S: 1, G: 1, K: 5000, T: 1 } },
  { name: 'layer over all', shape: [2, 7, 9, 5], view: { B: 2, S: 1, G: 1, K: 315, T: 1 } },
  { name: 'group, channels last', shape: [2, 9, 7, 15], view: { B: 2, S: 63, G: 5, K: 3, T: 1 } },
  { name: 'group, channels first', shape: [2, 15, 9, 7], view: { B: 2, S: 1, G: 5, K: 3, T: 63 } },
  { name: 'group, channels in the middle', shape: [2, 9, 15, 37], view: { B: 2, S: 9, G: 5, K: 3, T: 37 } },
  { name: 'instance', shape: [2, 19, 21, 5], view: { B: 2, S: 399, G: 5, K: 1, T: 1 } },
  { name: 'batch, channels last', shape: [3, 9, 7, 5], view: { B: 1, S: 189, G: 5, K: 1, T: 1 } },
  { name: 'batch, channels first', shape: [3, 5, 19, 21], view: { B: 1, S: 3, G: 5, K: 1, T: 399 } },
  { name: 'batch, channels in the middle', shape: [3, 9, 5, 37], view: { B: 1, S: 27, G: 5, K: 1, T: 37 } },
];
