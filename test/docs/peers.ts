import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NormId } from '../../src/norms.js';

/** An option's default elsewhere, as the pages print it. */
interface Defaults {
  readonly keras?: string;
  /** PyTorch's, or that of the authors' code where PyTorch has no such layer. */
  readonly torch?: string;
  /** The share kept that the latter means, where the option is a momentum. */
  readonly kept?: number;
}

/** What a layer is called elsewhere, and what its options are there. */
interface Peer {
  readonly torch: readonly string[];
  readonly keras: readonly string[];
  readonly addons: readonly string[];
  /** Names of options elsewhere that the page has to give, by ours. */
  readonly options: Readonly<Record<string, Defaults & { readonly named?: readonly string[] }>>;
}

const AFFINE = { center: { named: ['center', 'affine'] }, scale: { named: ['scale', 'affine'] } } as const;

/**
 * Facts about other packages, which no code here can tell. Sources:
 * PyTorch: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html (LayerNorm, InstanceNorm2d, GroupNorm,
 * RMSNorm, torch.nn.utils.parametrizations.weight_norm likewise); Keras: https://keras.io/api/layers/normalization_layers/;
 * Addons: https://www.tensorflow.org/addons/api_docs/python/tfa/layers; authors: hyeonseob-nam/Batch-Instance-Normalization
 * (models/batchinstancenorm.py, main.py), switchablenorms/Switchable-Normalization (devkit/ops/switchable_norm.py),
 * openai/weightnorm (lasagne/nn.py).
 */
export const PEERS: Readonly<Record<NormId, Peer>> = {
  batch: {
    torch: ['BatchNorm1d', 'BatchNorm2d', 'BatchNorm3d'],
    keras: ['BatchNormalization'],
    addons: [],
    options: {
      axis: { keras: '-1', torch: '1' },
      momentum: { keras: '0.99', torch: '0.1', kept: 0.9 },
      epsilon: { keras: '1e-3', torch: '1e-5', named: ['eps'] },
      ...AFFINE,
    },
  },
  layer: {
    torch: ['LayerNorm'],
    keras: ['LayerNormalization'],
    addons: [],
    options: {
      axis: { keras: '-1', named: ['normalized_shape'] },
      epsilon: { keras: '1e-3', torch: '1e-5', named: ['eps'] },
      center: { named: ['center', 'bias'] },
      scale: { named: ['scale', 'elementwise_affine'] },
    },
  },
  instance: {
    torch: ['InstanceNorm1d', 'InstanceNorm2d', 'InstanceNorm3d'],
    keras: ['GroupNormalization(groups=-1)'],
    addons: ['InstanceNormalization'],
    options: { axis: { torch: '1' }, epsilon: { keras: '1e-3', torch: '1e-5', named: ['eps'] }, ...AFFINE },
  },
  group: {
    torch: ['GroupNorm'],
    keras: ['GroupNormalization'],
    addons: ['GroupNormalization'],
    options: {
      groups: { keras: '32', torch: 'required', named: ['num_groups'] },
      axis: { keras: '-1', torch: '1' },
      epsilon: { keras: '1e-3', torch: '1e-5', named: ['eps'] },
      ...AFFINE,
    },
  },
  rms: {
    torch: ['RMSNorm'],
    keras: ['RMSNormalization'],
    addons: [],
    options: {
      axis: { keras: '-1', named: ['normalized_shape'] },
      epsilon: { keras: '1e-6', torch: 'None', named: ['eps'] },
      scale: { keras: 'always', named: ['elementwise_affine'] },
    },
  },
  weight: {
    torch: ['torch.nn.utils.parametrizations.weight_norm', 'torch.nn.utils.weight_norm'],
    keras: [],
    addons: ['WeightNormalization'],
    options: { dataInit: { keras: 'true', torch: 'none', named: ['data_init'] } },
  },
  batchInstance: {
    torch: ['BatchInstanceNorm2d'],
    keras: [],
    addons: [],
    options: {
      momentum: { torch: '0.1', kept: 0.9 },
      epsilon: { torch: '1e-5' },
      rhoLearningRateMultiplier: { torch: '10', named: ['--bin-lr'] },
    },
  },
  switchable: {
    torch: ['SwitchNorm2d'],
    keras: [],
    addons: [],
    options: {
      momentum: { torch: '0.9', kept: 0.9 },
      epsilon: { torch: '1e-5' },
      statistics: { named: ['using_bn'] },
    },
  },
  meanOnlyBatch: { torch: [], keras: [], addons: [], options: { momentum: { torch: '0.9', kept: 0.9 } } },
};

/** A page of the documentation, by its path below `docs`. */
export const readDoc = (path: string) => readFileSync(join(__dirname, '../../docs', path), 'utf8');

/** The text below each heading of second order, in the page's order. */
export function sectionsOf(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const));
}

/** The cells of a section's first table: its head, and its rows. */
export function tableOf(section: string): { head: string[]; rows: string[][] } {
  const lines = section.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  const cells = lines.slice(start, start + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return { head: cells[0] as string[], rows: cells.slice(2) };
}

/** What stands between backticks. */
export const codeIn = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);

/** The blocks a snippet test runs. */
export const blocksIn = (text: string) => [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map((m) => m[1] as string);

/** Targets of links that are files, without their fragment. */
export function linksIn(text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] as string);
  return targets.filter((target) => !/^(https?:|#)/.test(target)).map((target) => target.replace(/#.*/, ''));
}

/** Lines of prose that are longer than the pages' width. */
export const longLines = (text: string) =>
  text.split('\n').filter((line) => line.length > 125 && !line.startsWith('|'));
