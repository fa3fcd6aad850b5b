import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SlabView } from '../contract.js';
import type { WebGpuBackend } from './device.js';
import { launch, type Program } from './dispatch.js';
import { perChannel, pilots, slabOf, sums } from './slab.js';
import { ENTRY, element, LANES, rstd, values } from './wgsl.js';

/** What goes element by element once the statistics are there: one dispatch, one read and one write. */

interface Variant extends Readonly<Record<string, number | boolean>> {
  readonly isVector: boolean;
  readonly isAcross: boolean;
}

const SET = 'b * u.G + h / u.K';

/** Every lane takes element after element i, of sample b and channel c. */
const each = (body: string): string => `${ENTRY}
  for (var i = wg * 256u + l; i < u.N; i += u.groups * 256u) { let b = i / (u.Q * u.C); let c = i / u.T % u.C; ${body} }
}`;

const APPLY: Program<Variant> = {
  name: 'apply',
  wgsl: ({ isVector, isAcross }, has) => `${values(isVector)}${sums(isAcross, isVector)}${rstd('A')}
${each(`let r = rstdOf(${perChannel(isAcross, `variance[${SET}]`)}); y[i] = (x[i] - V(${perChannel(isAcross, `mean[${SET}]`)})) * V(r)${has('gamma') ? ' * V(gamma[c])' : ''}${has('beta') ? ' + V(beta[c])' : ''};`)}`,
};

/** dx = (dmean + 2·dvariance·(x − mean))/n. */
const MOMENTS: Program<Variant & { readonly center: boolean }> = {
  name: 'momentsGrad',
  wgsl({ isVector, isAcross, center }) {
    const value = (of: string) => `V(${perChannel(isAcross, of)})`;
    const spread = `${value(`dvariance[${SET}]`)} * 2.0`;
    const centered = `(${value(`dmean[${SET}]`)} + ${spread} * (x[i] - V(pilotOf(b, c)) - ${value(`saved[${SET}].x`)}))`;
    return `${values(isVector)}${sums(isAcross, isVector)}${element(isVector)}${pilots(isAcross)}
${each(`dx[i] = ${center ? centered : `${spread} * x[i]`} / u.n;`)}`;
  },
};

function sizes(view: SlabView) {
  const { isVector, isAcross, C, T, Q } = slabOf(view);
  const { B, S, G, K } = view;
  const N = B * Q * C;
  // Beyond that a lane takes several elements.
  const groups = Math.min(16384, Math.ceil(N / LANES));
  return {
    variant: { isVector, isAcross },
    groups,
    all: isVector ? 'v' : 'f',
    across: isAcross ? 'v' : 'f',
    ints: { N, Q, C, T, G, K, sample: S * G * K * view.T, span: K * view.T },
  } as const;
}

export interface Given {
  readonly x: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly gamma?: TensorInfo | undefined;
  readonly beta?: TensorInfo | undefined;
  readonly y: TensorInfo;
}

export function applyGiven(
  host: WebGpuBackend,
  { x, y, mean, variance, gamma, beta }: Given,
  view: SlabView,
  eps: number,
): void {
  const { variant, groups, all, across, ints } = sizes(view);
  launch(host, APPLY, variant, {
    groups,
    outputs: [['y', all, y]],
    inputs: [
      ['x', all, x],
      ['mean', 'f', mean],
      ['variance', 'f', variance],
      ['gamma', across, gamma],
      ['beta', across, beta],
    ],
    ints,
    floats: { eps },
  });
}

export interface MomentsBackward {
  readonly x: TensorInfo;
  readonly dmean: TensorInfo;
  readonly dvariance: TensorInfo;
  readonly saved: TensorInfo;
  readonly dx: TensorInfo;
}

export function momentsGrad(
  host: WebGpuBackend,
  { x, dmean, dvariance, saved, dx }: MomentsBackward,
  view: SlabView,
  center: boolean,
): void {
  const { variant, groups, all, ints } = sizes(view);
  launch(
    host,
    MOMENTS,
    { ...variant, center },
    {
      groups,
      outputs: [['dx', all, dx]],
      inputs: [
        ['x', all, x],
        ['dmean', 'f', center ? dmean : undefined],
        ['dvariance', 'f', dvariance],
        ['saved', 'p', center ? saved : undefined],
      ],
      ints,
      floats: { n: view.S * view.K * view.T },
    },
  );
}
