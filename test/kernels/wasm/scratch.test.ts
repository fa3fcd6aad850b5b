import type { SlabView } from '../../../src/kernels/contract.js';
import { instantiate } from '../../../src/kernels/wasm/module.js';
import { gradientAt, normalizeAt, scratchBytes } from '../../../src/kernels/wasm/slab.js';
import { name, views } from '../cases.js';

/** The functions stay within the scratch that is asked for: what lies behind it is not touched. */
const memory = new WebAssembly.Memory({ initial: 160 });
const functions = instantiate(memory);
const MARK = 123.25;

function touched(view: SlabView): number {
  const floats = new Float32Array(memory.buffer).fill(MARK);
  const { B, S, G, K, T } = view;
  const [n, C, sets] = [B * S * G * K * T, G * K, B * G];
  let at = 64;
  const place = (size: number) => {
    const address = at;
    at += 4 * size + 64;
    return address;
  };
  const [x, y, dx] = [place(n), place(n), place(n)] as const;
  const [gamma, beta, dgamma, dbeta] = [place(C), place(C), place(C), place(C)] as const;
  const [saved, mean, variance] = [place(3 * sets), place(sets), place(sets)] as const;
  const scratch = Math.ceil(at / 16) * 16;
  for (let i = 0; i < n; i++) floats[x / 4 + i] = Math.sin(i);
  normalizeAt(functions, view, { x, y, gamma, beta }, 1e-3, true, { saved, mean, variance, scratch });
  const given = { x, dy: y, gamma, saved, dx, dgamma, dbeta, dmean: 0, dvariance: 0, line: 0 };
  gradientAt(functions, view, given, true, scratch);
  normalizeAt(functions, view, { x, y, gamma: 0, beta: 0 }, 1e-3, true, { saved: 0, mean: 0, variance: 0, scratch });
  gradientAt(functions, view, { ...given, gamma: 0, dgamma: 0, dbeta: 0 }, true, scratch);
  const behind = floats.subarray((scratch + scratchBytes(view, true)) / 4);
  return behind.reduce((count, value) => count + Number(value !== MARK), 0);
}

test.each(views(40, 5).map((view) => [name(view), view] as const))('%s', (_, view) => expect(touched(view)).toBe(0));
