// Lanes: channels last (T = 1). Vectors hold neighbouring channels, and rows stream by. R rows are read as one, R·C a multiple of 8, so
// that every number of channels fills whole vectors; up to R − 1 rows at the end are read one value at a time.
import { add, flush, high, low, mul, mulAdd, splat, sub } from './simd';
import { addChannel, deviation, givenLine, keep, setGradient, writeParameters } from './statistics';

/** Rows that are read as one: 1, 2, 4 or 8. */
// @ts-ignore: decorator
@inline function rowsAtOnce(C: usize): usize {
  return C & 1 ? 8 : C & 2 ? 4 : C & 4 ? 2 : 1;
}

/** Place of a lane's float in vectors that are `stride` bytes apart. */
// @ts-ignore: decorator
@inline function place(w: usize, lane: usize, stride: usize): usize {
  return w + (lane >> 2) * stride + ((lane & 3) << 2);
}

/** Steps a float accumulator may run before its lanes go to double. */
@inline const STEPS: usize = 64;

/** Pilots of the lanes: the mean of four rows far apart, or 0. W: [pilot | sum | squares], 48 bytes every four lanes. */
function setPilots(x: usize, rows: usize, L: usize, W: usize, center: bool): void {
  const bytes = L << 2, k: usize = rows < 4 ? 1 : 4, far = bytes * (rows >> 2), share = splat(center ? 1 / <f32>k : 0);
  for (let c: usize = 0; c < bytes; c += 16) {
    let s = splat(0), p = x + c;
    if (center) for (let j: usize = 0; j < k; j++) { s = add(s, mul(v128.load(p), share)); p += far; } // a sum could overflow
    v128.store(W, s);
    W += 48;
  }
}

/** Σ (x − pilot) and Σ (x − pilot)² of every lane, in double. Four streams a quarter apart, each read in order. */
function sumLanes(x: usize, rows: usize, L: usize, W: usize, sum: usize, square: usize): void {
  const bytes = L << 2, end = W + 3 * bytes, quarter = rows >> 2, far = bytes * quarter, zero = splat(0);
  memory.fill(sum, 0, bytes << 1);
  memory.fill(square, 0, bytes << 1);
  let p = x, q = p + far, r = q + far, t = r + far;
  for (let i: usize = 0; i < quarter; i += STEPS) {
    for (let w = W; w < end; w += 48) { v128.store(w, zero, 16); v128.store(w, zero, 32); }
    const steps = min(STEPS, quarter - i);
    for (let j: usize = 0; j < steps; j++) {
      for (let w = W; w < end; w += 96) {
        let k = v128.load(w), a = sub(v128.load(p), k), b = sub(v128.load(q), k), c = sub(v128.load(r), k), d = sub(v128.load(t), k);
        v128.store(w, add(v128.load(w, 16), add(add(a, b), add(c, d))), 16);
        v128.store(w, add(v128.load(w, 32), add(mulAdd(b, b, mul(a, a)), mulAdd(d, d, mul(c, c)))), 32);
        k = v128.load(w, 48);
        a = sub(v128.load(p, 16), k); b = sub(v128.load(q, 16), k); c = sub(v128.load(r, 16), k); d = sub(v128.load(t, 16), k);
        v128.store(w, add(v128.load(w, 64), add(add(a, b), add(c, d))), 64);
        v128.store(w, add(v128.load(w, 80), add(mulAdd(b, b, mul(a, a)), mulAdd(d, d, mul(c, c)))), 80);
        p += 32; q += 32; r += 32; t += 32;
      }
    }
    let s = sum, u = square;
    for (let w = W; w < end; w += 48) { flush(s, v128.load(w, 16)); flush(u, v128.load(w, 32)); s += 32; u += 32; }
  }
  for (let i = quarter << 2; i < rows; i++) {
    let s = sum, u = square;
    for (let w = W; w < end; w += 48) {
      const a = sub(v128.load(t), v128.load(w));
      flush(s, a);
      flush(u, mul(a, a));
      s += 32; u += 32; t += 16;
    }
  }
}

/**
 * Mean and sum of squared differences of every channel, from its lanes and the values at the end. Returns whether a pilot was so far
 * from a mean that squares lost digits to it. Uncentred: mean 0, and the sum of squares.
 */
function foldLanes(
  x: usize, S: usize, C: usize, R: usize, W: usize, sum: usize, square: usize, center: bool, mean: usize, differences: usize,
): bool {
  const rows = S / R, L = R * C, n = <f64>rows, first = rows * R;
  let isFar = false;
  for (let c: usize = 0; c < C; c++) {
    let m: f64 = 0, d: f64 = 0;
    if (rows) for (let l = c; l < L; l += C) m += <f64>load<f32>(place(W, l, 48)) * n + load<f64>(sum + (l << 3));
    for (let s = first; s < S; s++) m += <f64>load<f32>(x + ((s * C + c) << 2));
    m = center ? m / <f64>S : 0;
    if (rows) {
      for (let l = c; l < L; l += C) {
        const k = <f64>load<f32>(place(W, l, 48)), t = load<f64>(sum + (l << 3)), own = t / n, off = k + own - m;
        const within = load<f64>(square + (l << 3)) - (center ? t * own : 0);
        d += max(within, 0) + (center ? n * off * off : 0);
        if (own * own * n > 8 * within && own != 0 && center) isFar = true;
        if (within != within) d = within;
      }
    }
    for (let s = first; s < S; s++) {
      const off = <f64>load<f32>(x + ((s * C + c) << 2)) - m;
      d += off * off;
    }
    store<f64>(mean + (c << 3), m);
    store<f64>(differences + (c << 3), d);
  }
  return isFar;
}

/** Channel statistics of one sample, to [mean | differences] in double. */
function statistics(x: usize, S: usize, C: usize, R: usize, W: usize, sum: usize, square: usize, center: bool, mean: usize, differences: usize): void {
  const rows = S / R, L = R * C;
  if (rows) {
    setPilots(x, rows, L, W, center);
    sumLanes(x, rows, L, W, sum, square);
  }
  if (!foldLanes(x, S, C, R, W, sum, square, center, mean, differences)) return;
  for (let l: usize = 0; l < L; l++) store<f32>(place(W, l, 48), <f32>load<f64>(mean + ((l % C) << 3)));
  sumLanes(x, rows, L, W, sum, square);
  foldLanes(x, S, C, R, W, sum, square, center, mean, differences);
}

/** Coefficients of a channel in all its lanes: W = [c | a | b], y = (x − c)·a + b. */
function setLanes(W: usize, channel: usize, C: usize, L: usize, c: f32, a: f32, b: f32): void {
  for (let l = channel; l < L; l += C) {
    const w = place(W, l, 48);
    store<f32>(w, c);
    store<f32>(w, a, 16);
    store<f32>(w, b, 32);
  }
}

/** y = (x − c)·a + b. Two streams half a slab apart, from the end: it is still in cache. */
function applyLanes(x: usize, y: usize, S: usize, C: usize, R: usize, W: usize): void {
  const rows = S / R, L = R * C, bytes = L << 2, end = W + 3 * bytes, half = rows >> 1, far = bytes * half;
  const rest = rows * bytes;
  for (let i: usize = 0; i < (S - rows * R) * C; i++) {
    const w = place(W, i, 48), at = rest + (i << 2);
    store<f32>(y + at, (load<f32>(x + at) - load<f32>(w)) * load<f32>(w, 16) + load<f32>(w, 32));
  }
  let p = x + far, q = p + far, u = y + far, v = u + far;
  if (rows & 1) {
    let p1 = q, q1 = v;
    for (let w = W; w < end; w += 48) {
      v128.store(q1, mulAdd(sub(v128.load(p1), v128.load(w)), v128.load(w, 16), v128.load(w, 32)));
      p1 += 16; q1 += 16;
    }
  }
  for (let j: usize = 0; j < half; j++) {
    for (let w = end; w > W;) {
      w -= 96; p -= 32; q -= 32; u -= 32; v -= 32;
      let m = v128.load(w, 48), a = v128.load(w, 64), b = v128.load(w, 80);
      v128.store(u, mulAdd(sub(v128.load(p, 16), m), a, b), 16);
      v128.store(v, mulAdd(sub(v128.load(q, 16), m), a, b), 16);
      m = v128.load(w); a = v128.load(w, 16); b = v128.load(w, 32);
      v128.store(u, mulAdd(sub(v128.load(p), m), a, b));
      v128.store(v, mulAdd(sub(v128.load(q), m), a, b));
    }
  }
}

/** Scratch of `normalizeLanes` and `applyLaneSets`: 28 bytes a lane, 16 a channel; R·C lanes. */
export function normalizeLanes(
  x: usize, y: usize, gamma: usize, beta: usize, B: usize, S: usize, G: usize, K: usize,
  epsilon: f64, center: bool, saved: usize, means: usize, variances: usize, W: usize,
): void {
  const C = G * K, R = rowsAtOnce(C), L = R * C, sample = (S * C) << 2, sets = B * G, n = <f64>(S * K), each = <f64>S;
  const sum = W + 12 * L, square = sum + (L << 3), mean = square + (L << 3), differences = mean + (C << 3);
  for (let i: usize = 0; i < sets;) {
    statistics(x, S, C, R, W, sum, square, center, mean, differences);
    for (let g: usize = 0; g < G; g++, i++) {
      let m: f64 = 0, d: f64 = 0;
      const from = g * K, to = from + K;
      for (let c = from; c < to; c++) m += load<f64>(mean + (c << 3));
      m /= <f64>K;
      for (let c = from; c < to; c++) {
        const off = load<f64>(mean + (c << 3)) - m;
        d += load<f64>(differences + (c << 3)) + each * off * off;
      }
      const variance = d / n, c32 = <f32>m, e = m - <f64>c32, rstd = deviation(variance, epsilon), r = <f32>rstd;
      keep(saved, sets, i, c32, <f32>e, r);
      if (means) { store<f32>(means + (i << 2), c32); store<f32>(variances + (i << 2), <f32>variance); }
      if (y) setGroup(W, from, to, C, L, gamma, beta, c32, e, rstd);
    }
    if (y) { applyLanes(x, y, S, C, R, W); y += sample; }
    x += sample;
  }
}

function setGroup(W: usize, from: usize, to: usize, C: usize, L: usize, gamma: usize, beta: usize, m: f32, e: f64, r: f64): void {
  for (let c = from; c < to; c++) {
    const a = gamma ? r * <f64>load<f32>(gamma + (c << 2)) : r;
    // At e = 0 a constant gives exactly β, also where the deviation is infinite.
    const b = (beta ? <f64>load<f32>(beta + (c << 2)) : 0) - (e != 0 ? e * a : 0);
    setLanes(W, c, C, L, m, <f32>a, <f32>b);
  }
}

/** y of statistics that are given: c, e, r as `keep` writes them, and where `offset` one value a set to add. */
export function applyLaneSets(
  x: usize, y: usize, gamma: usize, beta: usize, B: usize, S: usize, G: usize, K: usize, saved: usize, offset: usize, W: usize,
): void {
  const C = G * K, R = rowsAtOnce(C), L = R * C, sample = (S * C) << 2, sets = B * G, far = sets << 2;
  for (let i: usize = 0; i < sets;) {
    for (let g: usize = 0; g < G; g++, i++) {
      const p = saved + (i << 2), from = g * K, e = <f64>load<f32>(p + far), r = <f64>load<f32>(p + 2 * far);
      if (offset) {
        for (let c = from; c < from + K; c++) setLanes(W, c, C, L, load<f32>(p), <f32>r, <f32>(<f64>load<f32>(offset + (i << 2)) - e * r));
      } else setGroup(W, from, from + K, C, L, gamma, beta, load<f32>(p), e, r);
    }
    applyLanes(x, y, S, C, R, W);
    x += sample; y += sample;
  }
}

/** Σ dy and Σ dy·(x − c) of every lane, in double. W: [c | level | slope | –], 64 bytes every four lanes. */
function sumGradient(x: usize, dy: usize, rows: usize, L: usize, W: usize, level: usize, slope: usize): void {
  const bytes = L << 2, end = W + 4 * bytes, half = rows >> 1, far = bytes * half, zero = splat(0);
  memory.fill(level, 0, bytes << 1);
  memory.fill(slope, 0, bytes << 1);
  let p = x, u = x + far, q = dy, v = dy + far;
  for (let s: usize = 0; s < half; s += STEPS) {
    for (let w = W; w < end; w += 64) { v128.store(w, zero, 16); v128.store(w, zero, 32); }
    const steps = min(STEPS, half - s);
    for (let r: usize = 0; r < steps; r++) {
      for (let w = W; w < end; w += 128) {
        let m = v128.load(w), a = v128.load(q), b = v128.load(v);
        v128.store(w, add(v128.load(w, 16), add(a, b)), 16);
        v128.store(w, add(v128.load(w, 32), mulAdd(b, sub(v128.load(u), m), mul(a, sub(v128.load(p), m)))), 32);
        m = v128.load(w, 64); a = v128.load(q, 16); b = v128.load(v, 16);
        v128.store(w, add(v128.load(w, 80), add(a, b)), 80);
        v128.store(w, add(v128.load(w, 96), mulAdd(b, sub(v128.load(u, 16), m), mul(a, sub(v128.load(p, 16), m)))), 96);
        p += 32; u += 32; q += 32; v += 32;
      }
    }
    let d = level, e = slope;
    for (let w = W; w < end; w += 64) { flush(d, v128.load(w, 16)); flush(e, v128.load(w, 32)); d += 32; e += 32; }
  }
  if (rows & 1) {
    let d = level, e = slope;
    for (let w = W; w < end; w += 64) {
      const a = v128.load(v);
      flush(d, a);
      flush(e, mul(a, sub(v128.load(u), v128.load(w))));
      d += 32; e += 32; v += 16; u += 16;
    }
  }
}

/** dx = dy·a − ((x − c)·h + k), W = [c | a | h | k]; from the end. */
function combineLanes(x: usize, dy: usize, dx: usize, S: usize, C: usize, R: usize, W: usize): void {
  const rows = S / R, L = R * C, bytes = L << 2, end = W + 4 * bytes, half = rows >> 1, far = bytes * half, rest = rows * bytes;
  for (let i: usize = 0; i < (S - rows * R) * C; i++) {
    const w = place(W, i, 64), at = rest + (i << 2);
    store<f32>(dx + at, load<f32>(dy + at) * load<f32>(w, 16) - ((load<f32>(x + at) - load<f32>(w)) * load<f32>(w, 32) + load<f32>(w, 48)));
  }
  let p = x + far, u = p + far, q = dy + far, v = q + far, o = dx + far, t = o + far;
  if (rows & 1) {
    let p1 = u, q1 = v, o1 = t;
    for (let w = W; w < end; w += 64) {
      v128.store(o1, sub(mul(v128.load(q1), v128.load(w, 16)), mulAdd(sub(v128.load(p1), v128.load(w)), v128.load(w, 32), v128.load(w, 48))));
      p1 += 16; q1 += 16; o1 += 16;
    }
  }
  for (let r: usize = 0; r < half; r++) {
    for (let w = end; w > W;) {
      w -= 128; p -= 32; u -= 32; q -= 32; v -= 32; o -= 32; t -= 32;
      let m = v128.load(w, 64), a = v128.load(w, 80), h = v128.load(w, 96), k = v128.load(w, 112);
      v128.store(o, sub(mul(v128.load(q, 16), a), mulAdd(sub(v128.load(p, 16), m), h, k)), 16);
      v128.store(t, sub(mul(v128.load(v, 16), a), mulAdd(sub(v128.load(u, 16), m), h, k)), 16);
      m = v128.load(w); a = v128.load(w, 16); h = v128.load(w, 32); k = v128.load(w, 48);
      v128.store(o, sub(mul(v128.load(q), a), mulAdd(sub(v128.load(p), m), h, k)));
      v128.store(t, sub(mul(v128.load(v), a), mulAdd(sub(v128.load(u), m), h, k)));
    }
  }
}

/** Adds a channel's lanes and its values at the end, to the first lane of the channel. */
function foldGradient(x: usize, dy: usize, S: usize, C: usize, R: usize, W: usize, level: usize, slope: usize): void {
  const rows = S / R, L = R * C;
  for (let c: usize = 0; c < C; c++) {
    const at = c << 3, m = load<f32>(place(W, c, 64));
    let d = load<f64>(level + at), e = load<f64>(slope + at);
    for (let l = c + C; l < L; l += C) { d += load<f64>(level + (l << 3)); e += load<f64>(slope + (l << 3)); }
    for (let s = rows * R; s < S; s++) {
      const o = (s * C + c) << 2, a = <f64>load<f32>(dy + o);
      d += a;
      e += a * <f64>(load<f32>(x + o) - m);
    }
    store<f64>(level + at, d);
    store<f64>(slope + at, e);
  }
}

/** As rows' gradient. Scratch: 32 bytes a lane, 16 a channel, 16. */
export function lanesGradient(
  x: usize, dy: usize, gamma: usize, B: usize, S: usize, G: usize, K: usize, saved: usize, center: bool,
  dx: usize, dgamma: usize, dbeta: usize, dmean: usize, dvariance: usize, line: usize, W: usize,
): void {
  const C = G * K, R = rowsAtOnce(C), L = R * C, sample = (S * C) << 2, sets = B * G, far = sets << 2, n = <f64>(S * K);
  const level = W + (L << 4), slope = level + (L << 3), tg = slope + (L << 3), tb = tg + (C << 3), sums = tb + (C << 3);
  memory.fill(tg, 0, C << 4);
  for (let b: usize = 0; b < B; b++) {
    const first = saved + ((b * G) << 2);
    for (let g: usize = 0, c: usize = 0; g < G; g++) {
      const m = load<f32>(first + (g << 2));
      for (const to = c + K; c < to; c++) for (let l = c; l < L; l += C) store<f32>(place(W, l, 64), m);
    }
    if (!line) {
      sumGradient(x, dy, S / R, L, W, level, slope);
      foldGradient(x, dy, S, C, R, W, level, slope);
    }
    for (let g: usize = 0; g < G; g++) {
      const i = b * G + g, p = saved + (i << 2), e = <f64>load<f32>(p + far), rstd = <f64>load<f32>(p + 2 * far);
      if (line) {
        givenLine(line, sets, i, sums);
      } else {
        memory.fill(sums, 0, 16);
        for (let c = g * K; c < (g + 1) * K; c++) {
          addChannel(load<f64>(level + (c << 3)), load<f64>(slope + (c << 3)), e, rstd, gamma, c, tg, tb, sums);
        }
        setGradient(sums, i, n, e, rstd, center, dx, dmean, dvariance);
      }
      const h = <f32>load<f64>(sums), k = <f32>load<f64>(sums, 8);
      for (let c = g * K; c < (g + 1) * K; c++) {
        const a = <f32>(gamma ? rstd * <f64>load<f32>(gamma + (c << 2)) : rstd);
        for (let l = c; l < L; l += C) {
          const w = place(W, l, 64);
          store<f32>(w, a, 16);
          store<f32>(w, h, 32);
          store<f32>(w, k, 48);
        }
      }
    }
    if (dx) { combineLanes(x, dy, dx, S, C, R, W); dx += sample; }
    x += sample; dy += sample;
  }
  writeParameters(tg, tb, C, dgamma, dbeta);
}
