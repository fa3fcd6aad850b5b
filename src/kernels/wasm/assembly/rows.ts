// Rows: every set lies together and has a value of γ and β for each of its elements (S = T = 1). One row after the other from each half of
// them, and a row is scaled, out of L1, while the sums of the next are taken: memory is read all the time, in two streams that do not share
// the prefetcher's page.
import { add, BLOCK, isNear, mul, mulAdd, splat, squares, squaresOfSums, sub, sumsFrom, total } from './simd';
import { deviation, isNegligible, keep } from './statistics';

/** How far c, e and r of a row lie apart in scratch. */
@inline const PLACE: usize = 4;

/**
 * One pass over a row: with `scale` y = (x − c)·r·γ + β, statistics at `at`; with `sums` Σ (p − k) and Σ (p − k)² of the row at p, to two doubles,
 * k its first value or, not centred, 0. Always added in the same order: what a row becomes does not depend on its neighbours. Both flags are
 * known where this is inlined.
 */
// @ts-ignore: decorator
@inline function passRow(
  scale: bool, sums: bool, x: usize, y: usize, g: usize, b: usize, bytes: usize, at: usize, p: usize, center: bool, out: usize,
): void {
  const c = scale ? load<f32>(at) : <f32>0, r = scale ? load<f32>(at + 2 * PLACE) : <f32>0, m = splat(c), a = splat(r);
  const k = sums && center ? load<f32>(p) : <f32>0, n = splat(k), end = x + bytes, vectors = x + (bytes & ~63);
  let sum: f64 = 0, square: f64 = 0;
  while (x < vectors) {
    const stop = sums ? min(vectors, x + BLOCK) : vectors;
    let s = splat(0), t = s, u = s, v = s;
    for (; x < stop; x += 64) {
      // pairs first: a chain of additions as long as the row would be waited for
      if (sums) {
        const e = sub(v128.load(p), n), f = sub(v128.load(p, 16), n);
        s = add(s, add(e, f));
        u = add(u, mulAdd(e, e, mul(f, f)));
      }
      if (scale) {
        v128.store(y, mulAdd(mul(sub(v128.load(x), m), a), v128.load(g), v128.load(b)));
        v128.store(y, mulAdd(mul(sub(v128.load(x, 16), m), a), v128.load(g, 16), v128.load(b, 16)), 16);
      }
      if (sums) {
        const e = sub(v128.load(p, 32), n), f = sub(v128.load(p, 48), n);
        t = add(t, add(e, f));
        v = add(v, mulAdd(e, e, mul(f, f)));
        p += 64;
      }
      if (scale) {
        v128.store(y, mulAdd(mul(sub(v128.load(x, 32), m), a), v128.load(g, 32), v128.load(b, 32)), 32);
        v128.store(y, mulAdd(mul(sub(v128.load(x, 48), m), a), v128.load(g, 48), v128.load(b, 48)), 48);
        y += 64; g += 64; b += 64;
      }
    }
    if (sums) { sum += total(add(s, t)); square += total(add(u, v)); }
  }
  for (; x < end; x += 4) {
    if (sums) { const e = <f64>(load<f32>(p) - k); sum += e; square += e * e; p += 4; }
    if (scale) { store<f32>(y, (load<f32>(x) - c) * r * load<f32>(g) + load<f32>(b)); y += 4; g += 4; b += 4; }
  }
  if (sums) { store<f64>(out, sum); store<f64>(out, square, 8); }
}

/** As `passRow` of rows that are not centred and have no β: y = x·r·γ, and Σ p², added in the order of `squares`. */
// @ts-ignore: decorator
@inline function passRowPlain(sums: bool, x: usize, y: usize, g: usize, bytes: usize, at: usize, p: usize, out: usize): void {
  const r = load<f32>(at + 2 * PLACE), a = splat(r), end = x + bytes, vectors = x + (bytes & ~63);
  let square: f64 = 0;
  while (x < vectors) {
    const stop = sums ? min(vectors, x + BLOCK) : vectors;
    let s = splat(0), t = s, u = s, v = s;
    for (; x < stop; x += 64) {
      if (sums) {
        const e = v128.load(p), f = v128.load(p, 16), h = v128.load(p, 32), i = v128.load(p, 48);
        s = mulAdd(e, e, s); t = mulAdd(f, f, t); u = mulAdd(h, h, u); v = mulAdd(i, i, v);
        p += 64;
      }
      v128.store(y, mul(mul(v128.load(x), a), v128.load(g)));
      v128.store(y, mul(mul(v128.load(x, 16), a), v128.load(g, 16)), 16);
      v128.store(y, mul(mul(v128.load(x, 32), a), v128.load(g, 32)), 32);
      v128.store(y, mul(mul(v128.load(x, 48), a), v128.load(g, 48)), 48);
      y += 64; g += 64;
    }
    if (sums) square += total(add(add(s, t), add(u, v)));
  }
  for (; x < end; x += 4) {
    if (sums) { const e = <f64>load<f32>(p); square += e * e; p += 4; }
    store<f32>(y, load<f32>(x) * r * load<f32>(g));
    y += 4; g += 4;
  }
  if (sums) store<f64>(out, square, 8);
}

function sumRow(plain: bool, p: usize, bytes: usize, center: bool, out: usize): void {
  if (plain) store<f64>(out, squares(p, bytes), 8);
  else passRow(false, true, p, 0, 0, 0, bytes, 0, p, center, out);
}

function scaleRow(plain: bool, x: usize, y: usize, g: usize, b: usize, bytes: usize, at: usize): void {
  if (plain) passRowPlain(false, x, y, g, bytes, at, 0, 0);
  else passRow(true, false, x, y, g, b, bytes, at, 0, false, 0);
}

/** Scales a row while the sums of another are taken. */
function scaleAndSum(
  plain: bool, x: usize, y: usize, g: usize, b: usize, bytes: usize, at: usize, p: usize, center: bool, out: usize,
): void {
  if (plain) passRowPlain(true, x, y, g, bytes, at, p, out);
  else passRow(true, true, x, y, g, b, bytes, at, p, center, out);
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

/** c, e and r of set i to `at` and wherever they are wanted, of the row's sums. Whether e is too small to matter. */
function settle(
  sums: usize, at: usize, x: usize, n: f64, epsilon: f64, center: bool, sets: usize, i: usize, saved: usize, means: usize, variances: usize,
): bool {
  let c: f32 = 0, e: f64 = 0, variance = load<f64>(sums, 8) / n;
  if (center) {
    let d = load<f64>(sums) / n, mean = <f64>load<f32>(x) + d;
    variance -= d * d;
    if (!isNear(d, variance)) {
      // again from the mean, which has the rounding of large differences too
      const pilot = <f32>mean;
      d = sumsFrom(x, <usize>n << 2, pilot) / n;
      mean = <f64>pilot + d;
      variance = squaresOfSums / n - d * d;
    }
    c = <f32>mean;
    e = mean - <f64>c;
  }
  const r = <f32>deviation(variance, epsilon);
  store<f32>(at, c); store<f32>(at + PLACE, <f32>e); store<f32>(at + 2 * PLACE, r);
  keep(saved, sets, i, c, <f32>e, r);
  if (means) { store<f32>(means + (i << 2), c); store<f32>(variances + (i << 2), <f32>max(variance, 0)); }
  return isNegligible(e, variance);
}

/** Normalizes B·G rows of K (y = 0: statistics only). γ and β have G·K values, 0 for none. Scratch: 28 bytes, and 8 a channel. */
export function normalizeRows(
  x: usize, y: usize, gamma: usize, beta: usize, B: usize, G: usize, K: usize,
  epsilon: f64, center: bool, saved: usize, means: usize, variances: usize, scratch: usize,
): void {
  const bytes = K << 2, sets = B * G, n = <f64>K, plain = !center && !beta, half = (sets + 1) >> 1;
  const sums = scratch, at = scratch + 16, room = scratch + 28;
  if (y && !gamma) gamma = filled(room, G * K, 1);
  if (y && !beta && !plain) beta = filled(room + G * bytes, G * K, 0);
  if (sets) sumRow(plain, x, bytes, center, sums);
  for (let t: usize = 0; t < sets; t++) {
    // 0, half, 1, half + 1, …: the second half may be one short
    const i = (t >> 1) + (t & 1 ? half : 0), j = ((t + 1) >> 1) + (t & 1 ? 0 : half), isLast = t + 1 == sets;
    const from = x + i * bytes, next = x + j * bytes, to = y + i * bytes, o = G == 1 ? 0 : (i % G) * bytes;
    const usual = settle(sums, at, from, n, epsilon, center, sets, i, saved, means, variances);
    if (y && usual && !isLast) {
      scaleAndSum(plain, from, to, gamma + o, beta + o, bytes, at, next, center, sums);
      continue;
    }
    if (y && usual) scaleRow(plain, from, to, gamma + o, beta + o, bytes, at);
    else if (y) scaleRowExactly(from, to, gamma + o, beta + o, bytes, load<f32>(at), load<f32>(at + PLACE), load<f32>(at + 2 * PLACE));
    if (!isLast) sumRow(plain, next, bytes, center, sums);
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
