import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import { head, perChannel, type SlabVariant, slabOf, slabSizes, variantOf } from './slab.js';
import { ENTRY, LANES, rstd } from './wgsl.js';

/** What goes element by element once the statistics are there: one dispatch, one read and one write. */

const of = (isAcross: boolean, tensor: string, part = '') =>
  perChannel(isAcross, `${tensor}[b * u.G + h / u.K]${part}`);

/** Every lane takes element after element i, of sample b and channel c. */
const each = (body: string): string => `${ENTRY}
  for (var i = wg * 256u + l; i < u.B * u.Q * u.C; i += u.groups * 256u) { let b = i / (u.Q * u.C); let c = i / u.T % u.C; ${body} }
}`;

const APPLY: Program<SlabVariant> = {
  name: 'apply',
  tensors: 'y:V > x:V mean:f variance:f gamma:A beta:A',
  wgsl: (variant, has) => `${head(variant)}${rstd('A')}
${each(`y[i] = (x[i] - V(${of(variant.isAcross, 'mean')})) * V(rstdOf(${of(variant.isAcross, 'variance')})${has('gamma') ? ' * gamma[c]' : ''})${has('beta') ? ' + V(beta[c])' : ''};`)}`,
};

/** dx = (dmean + 2·dvariance·(x − mean))/n. */
const MOMENTS: Program<SlabVariant & { readonly center: boolean }> = {
  name: 'momentsGrad',
  tensors: 'dx:V > x:V dmean:f dvariance:f saved:p',
  wgsl({ center, ...variant }) {
    const { isAcross } = variant;
    const from = center ? ` - V(pilotOf(b, c)) - V(${of(isAcross, 'saved', '.x')})` : '';
    const level = center ? `V(${of(isAcross, 'dmean')}) + ` : '';
    return `${head(variant)}${each(`dx[i] = (${level}2.0 * V(${of(isAcross, 'dvariance')}) * (x[i]${from})) / u.n;`)}`;
  },
};

/** Up to so many workgroups; beyond that a lane takes several elements. */
const MOST = 16384;

function sizes(view: SlabView) {
  const slab = slabOf(view);
  const { B } = view;
  return {
    variant: variantOf(slab, view),
    groups: Math.min(MOST, Math.ceil((B * slab.Q * slab.C) / LANES)),
    numbers: slabSizes(view, slab),
  };
}

export type Given = Readonly<Record<'x' | 'mean' | 'variance' | 'y', TensorInfo>> & {
  readonly gamma?: TensorInfo | undefined;
  readonly beta?: TensorInfo | undefined;
};

export function applyGiven(host: WebGpuBackend, tensors: Given, view: SlabView, eps: number): void {
  const { variant, groups, numbers } = sizes(view);
  launch(host, APPLY, variant, tensors, groups, { ...numbers, eps });
}

export type MomentsBackward = Readonly<Record<'x' | 'dmean' | 'dvariance' | 'saved' | 'dx', TensorInfo>>;

export function momentsGrad(
  host: WebGpuBackend,
  { dmean, saved, ...tensors }: MomentsBackward,
  view: SlabView,
  center: boolean,
): void {
  const { variant, groups, numbers } = sizes(view);
  const given = center ? { ...tensors, dmean, saved } : tensors;
  launch(host, MOMENTS, { ...variant, center }, given, groups, numbers);
}
