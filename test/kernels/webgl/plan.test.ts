import type { SlabView } from '../../../src/kernels/contract.js';
import { isRow, planesOf, planOf } from '../../../src/kernels/webgl/plan.js';
import { FORMS } from '../../suites/gpu/webglForms.js';
import { views } from '../cases.js';
import { sizeOf } from '../reference.js';

/** How slabs lie in textures; what programs make of it is checked in a browser: test/suites/gpu. */

test.each([
  ['layer', 'rows', 'column'],
  ['layer over all', 'planes', 'element'],
  ['group, channels last', 'columns', 'column'],
  ['group, channels first', 'planes', 'plane'],
  ['group, channels in the middle', 'rows', 'row'],
  ['batch, channels last', 'columns', 'column'],
  ['batch, channels first', 'planes', 'plane'],
  ['batch, channels in the middle', 'rows', 'row'],
] as const)('%s: %s, γ by %s', (name, kind, channel) => {
  const form = FORMS.find((f) => f.name === name);
  expect(form).toBeDefined();
  if (form) expect(planOf(form.shape, form.view)).toMatchObject({ kind, channel, fits: true });
});

test.each(views(200, 5).map((view) => [view] as const))(
  '%o: every value is in one unit, every set in its units',
  (view) => {
    for (const shape of [
      [sizeOf(view), 1],
      [view.B, view.S, view.G * view.K, view.T],
    ]) {
      const plan = planOf(shape, view);
      const { planes, B, U, K, n, L, P, O, I } = plan;
      expect(planes[0] * planes[1] * planes[2]).toBe(sizeOf(view));
      expect((B * U * n) / K).toBe(sizeOf(view)); // sets times their values
      expect((B * U) / K).toBe(view.B * view.G);
      expect(L * P).toBeGreaterThanOrEqual(O * I);
      expect(L * (P - 1)).toBeLessThan(O * I); // no slab is empty
      if (plan.fits) expect(planes).toEqual(planesOf(shape));
    }
  },
);

test('a row of up to 4,096 values is one slab, a longer one several; slabs are few where sets are many', () => {
  const row = (K: number): SlabView => ({ B: 512, S: 1, G: 1, K, T: 1 });
  expect(planOf([512, 4096], row(4096))).toMatchObject({ P: 1 });
  expect(planOf([512, 4098], row(4098)).P).toBeGreaterThan(1);
  expect(isRow(planOf([512, 4098], row(4098)))).toBe(true);
  const group: SlabView = { B: 512, S: 4096, G: 1, K: 512, T: 1 };
  expect(planOf([512, 64, 64, 512], group).P).toBeLessThanOrEqual(2);
});
