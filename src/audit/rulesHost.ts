/** What the host does wrong with its own layers, and with names. */
import { axesOf, hasMemory, isStock, registered, setting, takesBatch, upstream } from './near.js';
import { option } from './part.js';
import { type AuditRule, found, noted } from './rule.js';
import { isOurs, isStockClass } from './stock.js';

/** tfjs's own layers take no more. */
const STOCK_RANK = 4;

export const HOST_RULES: readonly AuditRule[] = [
  {
    ...noted('frozen-batch-norm'),
    severity: 'error',
    reads: 'structure',
    why: 'It is frozen, but stock TensorFlow.js goes on: in training it takes the batch’s statistics, and moves its memory. This package’s layer does neither.',
    fix: 'Load the model after replaceStockNormalization(), or exchange the layer for batchNormalization of this package.',
    source: 'tfjs',
    find: (subject) =>
      subject.node.frozen && hasMemory(subject) && isStock(subject) ? found({ trainable: false }) : undefined,
  },
  {
    id: 'stock-axis',
    severity: 'error',
    reads: 'structure',
    why: 'Stock batch norm whose axis is not the last one gives wrong numbers on cpu and wasm, and cannot be trained on any backend.',
    fix: 'Load the model after replaceStockNormalization(), or use batchNormalization of this package.',
    source: 'tfjs',
    find: (subject) => {
      const rank = subject.node.input?.length;
      const [axis] = axesOf(subject) ?? [];
      if (rank === undefined || !takesBatch(subject) || !isStock(subject)) return undefined;
      return axis === rank - 1 ? undefined : found({ axis, rank });
    },
  },
  {
    id: 'stock-affine',
    severity: 'error',
    reads: 'structure',
    why: 'Stock normalization layers without scale or center cannot be trained: the gradient, or the call itself, throws.',
    fix: 'Load the model after replaceStockNormalization(), or use the layer of this package; for inference it may stay.',
    source: 'tfjs',
    find: (subject) => {
      const off = ['scale', 'center'].filter((name) => setting(subject, name) === false);
      return off.length > 0 && isStock(subject) ? found({ off }) : undefined;
    },
  },
  {
    id: 'stock-rank',
    severity: 'error',
    reads: 'structure',
    why: 'Stock normalization layers take ranks up to 4, and throw above.',
    fix: 'Load the model after replaceStockNormalization(), or use the layer of this package, which takes ranks up to 6.',
    source: 'tfjs',
    find: (subject) => {
      const rank = subject.node.input?.length ?? 0;
      return rank > STOCK_RANK && isStock(subject) ? found({ rank }) : undefined;
    },
  },
  {
    id: 'masking-ignored',
    severity: 'warning',
    reads: 'structure',
    why: 'Steps are masked, and stock batch norm takes its statistics over the padding too.',
    fix: 'Use batchNormalization of this package, which leaves masked steps out, or layer normalization.',
    source: 'tfjs',
    find: (subject) => {
      const { node } = subject;
      if (!hasMemory(subject) || node.input?.length !== 3 || !isStock(subject)) return undefined;
      const masks = upstream(
        node,
        ({ kind, config }) => kind === 'masking' || option(config, 'maskZero') === true,
        ({ output }) => output?.length !== 3,
      );
      return masks && found({ masks: masks.path });
    },
  },
  {
    id: 'class-name-shadowed',
    severity: 'error',
    reads: 'structure',
    why: 'A class of another package has the name of this norm: a file with it loads as that class, with other numbers or options.',
    fix: "Call register(tf, { onConflict: 'replace' }), or give the other class a name of its own.",
    source: 'tfjsRegistry',
    find: ({ node, row }) => {
      const { className, layer } = node;
      const isStrange = (cls: unknown) => cls !== undefined && !isOurs(cls) && !isStockClass(row, className, cls);
      return [registered(className), layer?.constructor].some(isStrange) ? found({ className }) : undefined;
    },
  },
  {
    id: 'not-registered',
    severity: 'info',
    reads: 'structure',
    why: 'The loader of TensorFlow.js does not know this class: a file with it cannot be loaded.',
    fix: "import 'tfjs-normalization' before loading, or call register(tf).",
    source: 'tfjsRegistry',
    find: ({ node }) => (registered(node.className) === undefined ? found({ className: node.className }) : undefined),
  },
];
