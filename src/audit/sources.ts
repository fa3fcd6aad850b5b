import { SOURCES, type Source, type SourceId } from '../guide/sources.js';

const OTHERS = {
  tfjs: {
    title: 'TensorFlow.js 4.22, normalization layers',
    year: 2024,
    url: 'https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-layers/src/layers/normalization.ts',
  },
  tfjsRegistry: {
    title: 'TensorFlow.js 4.22, registerClass',
    year: 2024,
    url: 'https://js.tensorflow.org/api/4.22.0/#serialization.registerClass',
  },
  varianceShift: {
    title: 'Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift',
    year: 2018,
    url: 'https://arxiv.org/abs/1801.05134',
  },
  weightDecay: {
    title: 'L2 Regularization versus Batch and Weight Normalization',
    year: 2017,
    url: 'https://arxiv.org/abs/1706.05350',
  },
} as const satisfies Record<string, Source>;

export type AuditSourceId = SourceId | keyof typeof OTHERS;

/** The guide's sources, and what only the audit cites. */
export const AUDIT_SOURCES: Readonly<Record<AuditSourceId, Source>> = Object.freeze({ ...SOURCES, ...OTHERS });
