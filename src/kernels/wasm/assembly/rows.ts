// Rows: every set lies together and has a value of γ and β for each of its elements (S = T = 1). Two rows at a time, half of all rows apart,
// in plain ascending phases: a row stays in L1 between them, and two streams of memory are read ahead where one row would wait for the
// other (neighbours would share a page, which the prefetcher follows once). γ and β are read once for both.
import { add, BLOCK, isNear, mul, mulAdd, splat, squares, squaresFrom, squaresOfSums, sub, sumsFrom, total } from './simd';
import { deviation, isNegligible, keep } from './statistics';

/** Bytes of two rows whose sums run in float before they go to double: 64 steps of each accumulator. */
@inline const STRETCH: usize = BLOCK / 2;

/** Σ (x − k) and Σ (x − k)² of two rows at x and p, k their pilots, to four doubles; `plain`: Σ x² alone, k = 0. */
// @ts-ignore: decorator
@inline function sumsOfTwo(plain: bool, x: usize, p: usize, bytes: usize, out: usize): void {
  const k = plain ? <f32>0 : load<f32>(x), l = plain ? <f32>0 : load<f32>(p), m = splat(k), n = splat(l);
  const end = x + bytes, vectors = x + (bytes & ~31);
  let sum: f64 = 0, square: f64 = 0, sum2: f64 = 0, square2: f64 = 0;
  while (x < vectors) {
    const stop = min(vectors, x + STRETCH);
    let a = splat(0), b = a, s = a, t = a, c = a, d = a, u = a, v = a;
    for (; x < stop; x += 32) {
      const e = plain ? v128.load(x) : sub(v128.load(x), m), f = plain ? v128.load(x, 16) : sub(v128.load(x, 16), m);
      const g = plain ? v128.load(p) : sub(v128.load(p), n), h = plain ? v128.load(p, 16) : sub(v128.load(p, 16), n);
      if (!plain) { a = add(a, e); b = add(b, f); c = add(c, g); d = add(d, h); }
      s = mulAdd(e, e, s); t = mulAdd(f, f, t);
      u = mulAdd(g, g, u); v = mulAdd(h, h, v);
      p += 32;
    }
    if (!plain) { sum += total(add(a, b)); sum2 += total(add(c, d)); }
    square += total(add(s, t));
    square2 += total(add(u, v));
  }
  for (; x < end; x += 4) {
    const e = <f64>(load<f32>(x) - k), g = <f64>(load<f32>(p) - l);
    sum += e; square += e * e;
    sum2 += g; square2 += g * g;
    p += 4;
  }
  store<f64>(out, sum); store<f64>(out, square, 8);
  store<f64>(out, sum2, 16); store<f64>(out, square2, 24);
}

/** What `sumsOfTwo` finds, of one row. */
function sumsOfRow(center: bool, x: usize, bytes: usize, out: usize): void {
  if (center) store<f64>(out, sumsFrom(x, bytes, load<f32>(x)));
  store<f64>(out, center ? squaresOfSums : squares(x, bytes), 8);
}

function sumsOfTwoRows(center: bool, x: usize, p: usize, bytes: usize, out: usize): void {
  if (center) sumsOfTwo(false, x, p, bytes, out);
  else sumsOfTwo(true, x, p, bytes, out);
}

/** How far c, e and r of a set lie apart in scratch, where there is room for two sets. */
@inline const PLACE: usize = 8;

/** c, e and r of set i to `at` and wherever they are wanted, of the row's sums. Whether e is too small to matter. */
function settle(
  sums: usize, at: usize, x: usize, n: f64, epsilon: f64, center: bool, sets: usize, i: usize, saved: usize, means: usize, variances: usize,
): bool {
  let c: f32 = 0, e: f64 = 0, variance = load<f64>(sums, 8) / n;
  if (center) {
    const d = load<f64>(sums) / n, mean = <f64>load<f32>(x) + d;
    c = <f32>mean;
    e = mean - <f64>c;
    variance -= d * d;
    if (!isNear(d, variance)) variance = squaresFrom(x, <usize>n << 2, c) / n - e * e;
  }
  const r = <f32>deviation(variance, epsilon);
  store<f32>(at, c); store<f32>(at + PLACE, <f32>e); store<f32>(at + 2 * PLACE, r);
  keep(saved, sets, i, c, <f32>e, r);
  if (means) { store<f32>(means + (i << 2), c); store<f32>(variances + (i << 2), <f32>max(variance, 0)); }
  return isNegligible(e, variance);
}

/** y = (x − c)·r·γ + β of a row, and with `two` of a second one (p, to q); `plain`: y = x·r·γ. Statistics at `at`, the second's beside it. */
// @ts-ignore: decorator
@inline function scaleRows(
  plain: bool, two: bool, x: usize, y: usize, p: usize, q: usize, g: usize, b: usize, bytes: usize, at: usize,
): void {
  const c = v128.load32_splat(at), r = v128.load32_splat(at + 2 * PLACE);
  const d = two ? v128.load32_splat(at + 4) : c, s = two ? v128.load32_splat(at + 4 + 2 * PLACE) : r;
  const end = x + bytes, vectors = x + (bytes & ~31);
  for (; x < vectors; x += 32) {
    const g0 = v128.load(g), g1 = v128.load(g, 16);
    if (plain) {
      v128.store(y, mul(mul(v128.load(x), r), g0)); v128.store(y, mul(mul(v128.load(x, 16), r), g1), 16);
      if (two) { v128.store(q, mul(mul(v128.load(p), s), g0)); v128.store(q, mul(mul(v128.load(p, 16), s), g1), 16); }
    } else {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      v128.store(y, mulAdd(mul(sub(v128.load(x), c), r), g0, b0)); v128.store(y, mulAdd(mul(sub(v128.load(x, 16), c), r), g1, b1), 16);
      if (two) {
        v128.store(q, mulAdd(mul(sub(v128.load(p), d), s), g0, b0));
        v128.store(q, mulAdd(mul(sub(v128.load(p, 16), d), s), g1, b1), 16);
      }
      b += 32;
    }
    y += 32; g += 32;
    if (two) { p += 32; q += 32; }
  }
  for (; x < end; x += 4) {
    const k = load<f32>(g), l = plain ? <f32>0 : load<f32>(b);
    store<f32>(y, (load<f32>(x) - load<f32>(at)) * load<f32>(at + 2 * PLACE) * k + l);
    if (two) { store<f32>(q, (load<f32>(p) - load<f32>(at + 4)) * load<f32>(at + 4 + 2 * PLACE) * k + l); p += 4; q += 4; }
    y += 4; g += 4; b += 4;
  }
}

function scaleRow(plain: bool, x: usize, y: usize, g: usize, b: usize, bytes: usize, at: usize): void {
  if (plain) scaleRows(true, false, x, y, x, y, g, b, bytes, at);
  else scaleRows(false, false, x, y, x, y, g, b, bytes, at);
}

function scaleTwoRows(plain: bool, x: usize, y: usize, p: usize, q: usize, g: usize, b: usize, bytes: usize, at: usize): void {
  if (plain) scaleRows(true, true, x, y, p, q, g, b, bytes, at);
  else scaleRows(false, true, x, y, p, q, g, b, bytes, at);
}

/** y = ((x − c) − e)·r·γ + β, for means so large that their rounding shows. */
function scaleRowExactly(x: usize, y: usize, g: usize, b: usize, bytes: usize, c: f32, e: f32, r: f32): void {
  const m = splat(c), n = splat(e), a = splat(r), end = x + bytes, vectors = x + (bytes & ~15);
  for (; x < vectors; x += 16) {
    v128.store(y, mulAdd(mul(sub(sub(v128.load(x), m), n), a), v128.load(g), v128.load(b)));
    y += 16; g += 16; b += 16;
  }
  for (; x < end; x += 4) {
    store<f32>(y, (load<f32>(x) - c - e) * r * load<f32>(g) + load<f32>(b));
    y += 4; g += 4; b += 4;
  }
}

/** n floats of one value, for a parameter that is absent. */
export function filled(p: usize, n: usize, value: f32): usize {
  const end = p + (n << 2), vectors = p + ((n & ~3) << 2), v = splat(value);
  let at = p;
  for (; at < vectors; at += 16) v128.store(at, v);
  for (; at < end; at += 4) store<f32>(at, value);
  return p;
}

/** A row by itself: with e where it matters. */
function scaleAlone(usual: bool, plain: bool, x: usize, y: usize, g: usize, b: usize, bytes: usize, at: usize): void {
  if (usual) scaleRow(plain, x, y, g, b, bytes, at);
  else scaleRowExactly(x, y, g, b, bytes, load<f32>(at), load<f32>(at + PLACE), load<f32>(at + 2 * PLACE));
}

/** Normalizes B·G rows of K (y = 0: statistics only). γ and β have G·K values, 0 for none. Scratch: 56 bytes, and 8 a channel. */
export function normalizeRows(
  x: usize, y: usize, gamma: usize, beta: usize, B: usize, G: usize, K: usize,
  epsilon: f64, center: bool, saved: usize, means: usize, variances: usize, scratch: usize,
): void {
  const bytes = K << 2, sets = B * G, n = <f64>K, plain = !center && !beta, half = B >> 1, rest = B - half;
  const sums = scratch, at = scratch + 32, room = scratch + 56;
  if (y && !gamma) gamma = filled(room, G * K, 1);
  if (y && !beta && !plain) beta = filled(room + G * bytes, G * K, 0);
  // an odd number of rows leaves the last of the first half alone
  for (let b: usize = 0; b < rest; b++) {
    const two = b < half;
    for (let j: usize = 0; j < G; j++) {
      const i = b * G + j, k = i + rest * G, g = gamma + j * bytes, o = beta + j * bytes;
      const p = x + i * bytes, q = x + k * bytes, to = y + i * bytes, to2 = y + k * bytes;
      if (two) sumsOfTwoRows(center, p, q, bytes, sums);
      else sumsOfRow(center, p, bytes, sums);
      const usual = settle(sums, at, p, n, epsilon, center, sets, i, saved, means, variances);
      const usual2 = two && settle(sums + 16, at + 4, q, n, epsilon, center, sets, k, saved, means, variances);
      if (!y) continue;
      if (usual && usual2) scaleTwoRows(plain, p, to, q, to2, g, o, bytes, at);
      else {
        scaleAlone(usual, plain, p, to, g, o, bytes, at);
        if (two) scaleAlone(usual2, plain, q, to2, g, o, bytes, at + 4);
      }
    }
  }
}

/** y of statistics that are given: c, e, r as `keep` writes them. */
export function applyRows(
  x: usize, y: usize, gamma: usize, beta: usize, B: usize, G: usize, K: usize, saved: usize, scratch: usize,
): void {
  const bytes = K << 2, sets = B * G, far = sets << 2;
  if (!gamma) gamma = filled(scratch, G * K, 1);
  if (!beta) beta = filled(scratch + G * bytes, G * K, 0);
  for (let i: usize = 0; i < sets;) {
    let g = gamma, b = beta;
    for (let j: usize = 0; j < G; j++, i++) {
      const at = saved + (i << 2);
      scaleRowExactly(x, y, g, b, bytes, load<f32>(at), load<f32>(at + far), load<f32>(at + 2 * far));
      x += bytes; y += bytes; g += bytes; b += bytes;
    }
  }
}
