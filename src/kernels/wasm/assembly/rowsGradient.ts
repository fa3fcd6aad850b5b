// Gradients of rows: two at a time, half of all rows apart, as they are normalized (rows.ts); γ and the sums of dγ and dβ are then read and
// written once for both.
import { filled } from './rows';
import { add, flush, mul, mulAdd, splat, sub, total } from './simd';
import { givenLine, setGradient, writeParameters } from './statistics';

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

/** Bytes of a row whose sums run in float before they go to double: 128 steps. */
@inline const STRETCH: usize = 128 * 16;

/**
 * Σ dy·γ and Σ dy·γ·x̂ of a row, to two doubles at `out`, and dγ += dy·x̂, dβ += dy in float. With `two` also of a second row, far away
 * (p, q: its x and dy; m, f, a: its c, e, r), to the next two doubles: dγ, dβ and γ are then read and written once for both. A `plain` row
 * is not centred and has no β: only what takes x̂. Both are known where this is inlined.
 */
// @ts-ignore: decorator
@inline function sumRows(
  plain: bool, two: bool, x: usize, dy: usize, at: usize, p: usize, q: usize, to: usize, far: usize,
  g: usize, dg: usize, db: usize, bytes: usize, out: usize,
): void {
  const c = v128.load32_splat(at), e = v128.load32_splat(at + far), r = v128.load32_splat(at + 2 * far);
  const m = v128.load32_splat(to), f = v128.load32_splat(to + far), a = v128.load32_splat(to + 2 * far);
  const end = x + bytes, vectors = x + (bytes & ~15);
  let level: f64 = 0, slope: f64 = 0, level2: f64 = 0, slope2: f64 = 0;
  while (x < vectors) {
    const stop = min(vectors, x + STRETCH);
    let s = splat(0), t = s, u = s, v = s;
    for (; x < stop; x += 16) {
      const k = v128.load(g), d = v128.load(dy);
      let h = mul(d, mul(plain ? v128.load(x) : sub(sub(v128.load(x), c), e), r)), both = d;
      t = mulAdd(h, k, t);
      if (!plain) s = mulAdd(d, k, s);
      if (two) {
        const d2 = v128.load(q), h2 = mul(d2, mul(plain ? v128.load(p) : sub(sub(v128.load(p), m), f), a));
        v = mulAdd(h2, k, v);
        if (!plain) u = mulAdd(d2, k, u);
        h = add(h, h2);
        both = add(d, d2);
        p += 16; q += 16;
      }
      v128.store(dg, add(v128.load(dg), h));
      if (!plain) { v128.store(db, add(v128.load(db), both)); db += 16; }
      dy += 16; g += 16; dg += 16;
    }
    slope += total(t);
    if (!plain) level += total(s);
    if (two) slope2 += total(v);
    if (two && !plain) level2 += total(u);
  }
  for (; x < end; x += 4) {
    const k = <f64>load<f32>(g), d = load<f32>(dy);
    let h = d * (plain ? load<f32>(x) : load<f32>(x) - load<f32>(at) - load<f32>(at + far)) * load<f32>(at + 2 * far), both = d;
    slope += <f64>h * k;
    level += <f64>d * k;
    if (two) {
      const d2 = load<f32>(q), h2 = d2 * (plain ? load<f32>(p) : load<f32>(p) - load<f32>(to) - load<f32>(to + far)) * load<f32>(to + 2 * far);
      slope2 += <f64>h2 * k;
      level2 += <f64>d2 * k;
      h += h2;
      both += d2;
      p += 4; q += 4;
    }
    store<f32>(dg, load<f32>(dg) + h);
    if (!plain) { store<f32>(db, load<f32>(db) + both); db += 4; }
    dy += 4; g += 4; dg += 4;
  }
  store<f64>(out, level); store<f64>(out, slope, 8);
  store<f64>(out, level2, 16); store<f64>(out, slope2, 24);
}

/** One row; a plain one's c and e are 0, and what it adds to dβ is not wanted. */
function sumRow(x: usize, dy: usize, at: usize, far: usize, g: usize, dg: usize, db: usize, bytes: usize, out: usize): void {
  sumRows(false, false, x, dy, at, x, dy, at, far, g, dg, db, bytes, out);
}

function sumTwoRows(
  plain: bool, x: usize, dy: usize, at: usize, p: usize, q: usize, to: usize, far: usize, g: usize, dg: usize, db: usize, bytes: usize, out: usize,
): void {
  if (plain) sumRows(true, true, x, dy, at, p, q, to, far, g, dg, db, bytes, out);
  else sumRows(false, true, x, dy, at, p, q, to, far, g, dg, db, bytes, out);
}

/** Pairs of rows whose parameter gradients are added in float before they go to double. */
@inline const FLOAT_ROWS: usize = 64;

/** Adds n floats to n doubles, and clears them. */
function flushAll(p: usize, d: usize, n: usize): void {
  const end = p + (n << 2), vectors = p + ((n & ~3) << 2);
  for (; p < vectors; p += 16) {
    flush(d, v128.load(p));
    v128.store(p, splat(0));
    d += 32;
  }
  for (; p < end; p += 4) {
    store<f64>(d, load<f64>(d) + <f64>load<f32>(p));
    store<f32>(p, 0);
    d += 8;
  }
}

/**
 * dx of rows (0: only the sums), dγ and dβ where asked (0: not). With `dmean` (statistics were given, not the rows' own): dx = dy·γ·r, and the
 * gradients of mean and variance, without a dx of mean and 1/deviation. With a `line` (h and k of every set) there is nothing to sum: dx = dy·γ·r − ((x − c)·h + k).
 * Two rows at a time, half of them apart: neighbours would share the prefetcher's page. Scratch: 32 bytes, and 28 a channel.
 */
export function rowsGradient(
  x: usize, dy: usize, gamma: usize, B: usize, G: usize, K: usize, saved: usize, center: bool,
  dx: usize, dgamma: usize, dbeta: usize, dmean: usize, dvariance: usize, line: usize, scratch: usize,
): void {
  const bytes = K << 2, sets = B * G, far = sets << 2, C = G * K, n = <f64>K, half = B >> 1;
  const sums = scratch, tg = scratch + 32, tb = tg + (C << 3), fg = tb + (C << 3), fb = fg + (C << 2);
  memory.fill(tg, 0, C * 24);
  if (!gamma) gamma = filled(fb + (C << 2), C, 1);
  const plain = !center && !dbeta && !dmean && !line;
  for (let b: usize = 0, rows: usize = 0; b < B - half; b++) {
    // an odd number of rows leaves the last of the first half alone
    const two = b < half, b2 = b + B - half;
    let g = gamma, o: usize = 0;
    for (let j: usize = 0; j < G; j++) {
      const i = b * G + j, i2 = b2 * G + j, at = i * bytes, to = i2 * bytes, s = saved + (i << 2), s2 = saved + (i2 << 2);
      if (line) {
        givenLine(line, sets, i, sums);
        if (two) givenLine(line, sets, i2, sums + 16);
      } else {
        if (two) sumTwoRows(plain, x + at, dy + at, s, x + to, dy + to, s2, far, g, fg + o, fb + o, bytes, sums);
        else sumRow(x + at, dy + at, s, far, g, fg + o, fb + o, bytes, sums);
        setGradient(sums, i, n, <f64>load<f32>(s + far), <f64>load<f32>(s + 2 * far), center, dx, dmean, dvariance);
        if (two) setGradient(sums + 16, i2, n, <f64>load<f32>(s2 + far), <f64>load<f32>(s2 + 2 * far), center, dx, dmean, dvariance);
      }
      if (dx) {
        combine(plain, x + at, dy + at, g, dx + at, bytes, s, far, sums);
        if (two) combine(plain, x + to, dy + to, g, dx + to, bytes, s2, far, sums + 16);
      }
      g += bytes; o += bytes;
    }
    if (++rows == FLOAT_ROWS) { flushAll(fg, tg, C); if (!plain) flushAll(fb, tb, C); rows = 0; }
  }
  flushAll(fg, tg, C);
  flushAll(fb, tb, C);
  writeParameters(tg, tb, C, dgamma, dbeta);
}

/** dx of a row, from h and k at `line`. */
function combine(plain: bool, x: usize, dy: usize, g: usize, dx: usize, bytes: usize, s: usize, far: usize, line: usize): void {
  const r = load<f32>(s + 2 * far), h = <f32>load<f64>(line);
  if (plain) combineRowPlain(x, dy, g, dx, bytes, r, h);
  else combineRow(x, dy, g, dx, bytes, load<f32>(s), r, h, <f32>load<f64>(line, 8));
}
