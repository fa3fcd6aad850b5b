// Rows: every set lies together and has a value of γ and β for each of its elements (S = T = 1). Plain ascending phases, one row at a
// time: the row stays in L1 between them.
import { add, BLOCK, flush, mul, mulAdd, splat, squares, squaresFrom, squaresOfSums, sub, sumsFrom, total, isNear } from './simd';
import { deviation, givenLine, isNegligible, keep, setGradient, writeParameters } from './statistics';

/** y = (x − c)·r·γ + β */
function scaleRow(x: usize, y: usize, g: usize, b: usize, bytes: usize, c: f32, r: f32): void {
  const m = splat(c), a = splat(r), end = x + bytes, vectors = x + (bytes & ~63);
  for (; x < vectors; x += 64) {
    v128.store(y, mulAdd(mul(sub(v128.load(x), m), a), v128.load(g), v128.load(b)));
    v128.store(y, mulAdd(mul(sub(v128.load(x, 16), m), a), v128.load(g, 16), v128.load(b, 16)), 16);
    v128.store(y, mulAdd(mul(sub(v128.load(x, 32), m), a), v128.load(g, 32), v128.load(b, 32)), 32);
    v128.store(y, mulAdd(mul(sub(v128.load(x, 48), m), a), v128.load(g, 48), v128.load(b, 48)), 48);
    y += 64; g += 64; b += 64;
  }
  for (; x < end; x += 4) {
    store<f32>(y, (load<f32>(x) - c) * r * load<f32>(g) + load<f32>(b));
    y += 4; g += 4; b += 4;
  }
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

/** y = x·r·γ */
function scaleRowPlain(x: usize, y: usize, g: usize, bytes: usize, r: f32): void {
  const a = splat(r), end = x + bytes, vectors = x + (bytes & ~63);
  for (; x < vectors; x += 64) {
    v128.store(y, mul(mul(v128.load(x), a), v128.load(g)));
    v128.store(y, mul(mul(v128.load(x, 16), a), v128.load(g, 16)), 16);
    v128.store(y, mul(mul(v128.load(x, 32), a), v128.load(g, 32)), 32);
    v128.store(y, mul(mul(v128.load(x, 48), a), v128.load(g, 48)), 48);
    y += 64; g += 64;
  }
  for (; x < end; x += 4) {
    store<f32>(y, load<f32>(x) * r * load<f32>(g));
    y += 4; g += 4;
  }
}

/** n floats of one value, for a parameter that is absent. */
function filled(p: usize, n: usize, value: f32): usize {
  const end = p + (n << 2), vectors = p + ((n & ~3) << 2), v = splat(value);
  let at = p;
  for (; at < vectors; at += 16) v128.store(at, v);
  for (; at < end; at += 4) store<f32>(at, value);
  return p;
}

/** Normalizes B·G rows of K (y = 0: statistics only). γ and β have G·K values, 0 for none. Scratch: 8 bytes a channel. */
export function normalizeRows(
  x: usize, y: usize, gamma: usize, beta: usize, B: usize, G: usize, K: usize,
  epsilon: f64, center: bool, saved: usize, means: usize, variances: usize, scratch: usize,
): void {
  const bytes = K << 2, sets = B * G, n = <f64>K, plain = !center && !beta;
  if (y && !gamma) gamma = filled(scratch, G * K, 1);
  if (y && !beta && !plain) beta = filled(scratch + G * bytes, G * K, 0);
  for (let i: usize = 0; i < sets;) {
    let g = gamma, b = beta;
    for (let j: usize = 0; j < G; j++, i++) {
      let c: f32 = 0, e: f64 = 0, variance: f64 = 0;
      if (center) {
        const pilot = load<f32>(x), d = sumsFrom(x, bytes, pilot) / n, mean = <f64>pilot + d;
        c = <f32>mean;
        e = mean - <f64>c;
        variance = squaresOfSums / n - d * d;
        if (!isNear(d, variance)) variance = squaresFrom(x, bytes, c) / n - e * e;
      } else {
        variance = squares(x, bytes) / n;
      }
      const rstd = deviation(variance, epsilon), r = <f32>rstd;
      keep(saved, sets, i, c, <f32>e, r);
      if (means) { store<f32>(means + (i << 2), c); store<f32>(variances + (i << 2), <f32>max(variance, 0)); }
      if (!y) { x += bytes; continue; }
      if (plain) scaleRowPlain(x, y, g, bytes, r);
      else if (isNegligible(e, variance)) scaleRow(x, y, g, b, bytes, c, r);
      else scaleRowExactly(x, y, g, b, bytes, c, <f32>e, r);
      x += bytes; y += bytes; g += bytes; b += bytes;
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

/** Σ dy·γ and Σ dy·γ·x̂ of a row, to two doubles, and dγ += dy·x̂, dβ += dy in float. */
function sumRow(x: usize, dy: usize, g: usize, dg: usize, db: usize, bytes: usize, c: f32, e: f32, r: f32, out: usize): void {
  const m = splat(c), f = splat(e), a = splat(r), end = x + bytes, vectors = x + (bytes & ~31);
  let level: f64 = 0, slope: f64 = 0;
  while (x < vectors) {
    const stop = min(vectors, x + BLOCK);
    let s0 = splat(0), s1 = s0, t0 = s0, t1 = s0;
    for (; x < stop; x += 32) {
      const d0 = v128.load(dy), d1 = v128.load(dy, 16), g0 = v128.load(g), g1 = v128.load(g, 16);
      const h0 = mul(d0, mul(sub(sub(v128.load(x), m), f), a)), h1 = mul(d1, mul(sub(sub(v128.load(x, 16), m), f), a));
      s0 = mulAdd(d0, g0, s0); s1 = mulAdd(d1, g1, s1);
      t0 = mulAdd(h0, g0, t0); t1 = mulAdd(h1, g1, t1);
      v128.store(dg, add(v128.load(dg), h0)); v128.store(dg, add(v128.load(dg, 16), h1), 16);
      v128.store(db, add(v128.load(db), d0)); v128.store(db, add(v128.load(db, 16), d1), 16);
      dy += 32; g += 32; dg += 32; db += 32;
    }
    level += total(add(s0, s1));
    slope += total(add(t0, t1));
  }
  for (; x < end; x += 4) {
    const d = load<f32>(dy), h = d * ((load<f32>(x) - c - e) * r), k = <f64>load<f32>(g);
    level += <f64>d * k;
    slope += <f64>h * k;
    store<f32>(dg, load<f32>(dg) + h); store<f32>(db, load<f32>(db) + d);
    dy += 4; g += 4; dg += 4; db += 4;
  }
  store<f64>(out, level);
  store<f64>(out, slope, 8);
}

/** dx = dy·γ·r − ((x − c)·h + k) */
function combineRow(x: usize, dy: usize, g: usize, dx: usize, bytes: usize, c: f32, r: f32, h: f32, k: f32): void {
  const m = splat(c), a = splat(r), u = splat(h), v = splat(k), end = x + bytes, vectors = x + (bytes & ~31);
  for (; x < vectors; x += 32) {
    v128.store(dx, sub(mul(mul(v128.load(dy), v128.load(g)), a), mulAdd(sub(v128.load(x), m), u, v)));
    v128.store(dx, sub(mul(mul(v128.load(dy, 16), v128.load(g, 16)), a), mulAdd(sub(v128.load(x, 16), m), u, v)), 16);
    dy += 32; g += 32; dx += 32;
  }
  for (; x < end; x += 4) {
    store<f32>(dx, load<f32>(dy) * load<f32>(g) * r - ((load<f32>(x) - c) * h + k));
    dy += 4; g += 4; dx += 4;
  }
}

/** As `sumRow` of a row that is not centred and has no β: Σ dy·γ·x̂, and dγ += dy·x̂. */
function sumRowPlain(x: usize, dy: usize, g: usize, dg: usize, bytes: usize, r: f32, out: usize): void {
  const a = splat(r), end = x + bytes, vectors = x + (bytes & ~31);
  let slope: f64 = 0;
  while (x < vectors) {
    const stop = min(vectors, x + BLOCK);
    let t0 = splat(0), t1 = t0;
    for (; x < stop; x += 32) {
      const h0 = mul(v128.load(dy), mul(v128.load(x), a)), h1 = mul(v128.load(dy, 16), mul(v128.load(x, 16), a));
      t0 = mulAdd(h0, v128.load(g), t0); t1 = mulAdd(h1, v128.load(g, 16), t1);
      v128.store(dg, add(v128.load(dg), h0)); v128.store(dg, add(v128.load(dg, 16), h1), 16);
      dy += 32; g += 32; dg += 32;
    }
    slope += total(add(t0, t1));
  }
  for (; x < end; x += 4) {
    const h = load<f32>(dy) * (load<f32>(x) * r);
    slope += <f64>h * <f64>load<f32>(g);
    store<f32>(dg, load<f32>(dg) + h);
    dy += 4; g += 4; dg += 4;
  }
  store<f64>(out, 0);
  store<f64>(out, slope, 8);
}

/** dx = dy·γ·r − x·h */
function combineRowPlain(x: usize, dy: usize, g: usize, dx: usize, bytes: usize, r: f32, h: f32): void {
  const a = splat(r), u = splat(h), end = x + bytes, vectors = x + (bytes & ~31);
  for (; x < vectors; x += 32) {
    v128.store(dx, sub(mul(mul(v128.load(dy), v128.load(g)), a), mul(v128.load(x), u)));
    v128.store(dx, sub(mul(mul(v128.load(dy, 16), v128.load(g, 16)), a), mul(v128.load(x, 16), u)), 16);
    dy += 32; g += 32; dx += 32;
  }
  for (; x < end; x += 4) {
    store<f32>(dx, load<f32>(dy) * load<f32>(g) * r - load<f32>(x) * h);
    dy += 4; g += 4; dx += 4;
  }
}

/** Rows whose parameter gradients are added in float before they go to double. */
@inline const FLOAT_ROWS: usize = 128;

/** Adds n floats to n doubles, and clears them. */
function flushAll(p: usize, d: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) {
    store<f64>(d, load<f64>(d) + <f64>load<f32>(p));
    store<f32>(p, 0);
    p += 4; d += 8;
  }
}

/**
 * dx of rows (0: only the sums), dγ and dβ where asked (0: not). With `dmean` (statistics were given, not the rows' own): dx = dy·γ·r, and the
 * gradients of mean and variance, without a dx of mean and 1/deviation. With a `line` (h and k of every set) there is nothing to sum: dx = dy·γ·r − ((x − c)·h + k).
 * Scratch: 16 bytes, and 28 a channel.
 */
export function rowsGradient(
  x: usize, dy: usize, gamma: usize, B: usize, G: usize, K: usize, saved: usize, center: bool,
  dx: usize, dgamma: usize, dbeta: usize, dmean: usize, dvariance: usize, line: usize, scratch: usize,
): void {
  const bytes = K << 2, sets = B * G, far = sets << 2, C = G * K, n = <f64>K;
  const sums = scratch, tg = scratch + 16, tb = tg + (C << 3), fg = tb + (C << 3), fb = fg + (C << 2);
  memory.fill(tg, 0, C * 24);
  if (!gamma) gamma = filled(fb + (C << 2), C, 1);
  const plain = !center && !dbeta && !dmean && !line;
  let rows: usize = 0;
  for (let i: usize = 0; i < sets;) {
    let g = gamma, o: usize = 0;
    for (let j: usize = 0; j < G; j++, i++) {
      const at = saved + (i << 2), c = load<f32>(at), e = load<f32>(at + far), r = load<f32>(at + 2 * far);
      if (line) givenLine(line, sets, i, sums);
      else {
        if (plain) sumRowPlain(x, dy, g, fg + o, bytes, r, sums);
        else sumRow(x, dy, g, fg + o, fb + o, bytes, c, e, r, sums);
        setGradient(sums, i, n, <f64>e, <f64>r, center, dx, dmean, dvariance);
      }
      const h = <f32>load<f64>(sums);
      if (plain) combineRowPlain(x, dy, g, dx, bytes, r, h);
      else if (dx) combineRow(x, dy, g, dx, bytes, c, r, h, <f32>load<f64>(sums, 8));
      if (dx) dx += bytes;
      x += bytes; dy += bytes; g += bytes; o += bytes;
    }
    if (++rows == FLOAT_ROWS) { flushAll(fg, tg, C); flushAll(fb, tb, C); rows = 0; }
  }
  flushAll(fg, tg, C);
  flushAll(fb, tb, C);
  writeParameters(tg, tb, C, dgamma, dbeta);
}
