// Runs: channels before the last dimension (T > 1). A channel's values lie together in runs of T; those of a group, K·T of them, once
// for each s.
import { add, affine, BLOCK, mul, mulAdd, splat, squares, squaresOfSums, sub, sumsFrom, total, isNear } from './simd';
import { addChannel, deviation, givenLine, keep, setGradient, writeParameters } from './statistics';

/** Normalizes a slab set by set (y = 0: statistics only). γ and β: 0 for none. */
export function normalizeRuns(
  x: usize, y: usize, gamma: usize, beta: usize, B: usize, S: usize, G: usize, K: usize, T: usize,
  epsilon: f64, center: bool, saved: usize, means: usize, variances: usize,
): void {
  const run = T << 2, set = K * run, sample = G * set, n = <f64>(S * K * T), sets = B * G;
  for (let i: usize = 0; i < sets; i++) {
    const at = (i / G) * S * sample + (i % G) * set, channel = (i % G) * K;
    let c: f32 = 0, e: f64 = 0, square: f64 = 0, variance: f64 = 0;
    if (center) {
      let mean = <f64>load<f32>(x + at), isFar = true;
      // from the first value; far from that, again from the mean, which has the rounding of large differences too
      for (let sweep = 0; isFar && sweep < 2; sweep++) {
        const pilot = <f32>mean;
        let sum: f64 = 0;
        square = 0;
        for (let s: usize = 0; s < S; s++) { sum += sumsFrom(x + at + s * sample, set, pilot); square += squaresOfSums; }
        const d = sum / n;
        mean = <f64>pilot + d;
        variance = square / n - d * d;
        isFar = !isNear(d, variance);
      }
      c = <f32>mean;
      e = mean - <f64>c;
    } else {
      for (let s: usize = 0; s < S; s++) square += squares(x + at + s * sample, set);
      variance = square / n;
    }
    const rstd = deviation(variance, epsilon);
    keep(saved, sets, i, c, <f32>e, <f32>rstd);
    if (means) { store<f32>(means + (i << 2), c); store<f32>(variances + (i << 2), <f32>max(variance, 0)); }
    if (y) applySet(x + at, y + at, gamma, beta, S, K, run, sample, channel, c, <f32>e, <f32>rstd);
  }
}

/** y of one set, its runs from the last to the first: the end of the set is still in cache. */
function applySet(
  x: usize, y: usize, gamma: usize, beta: usize, S: usize, K: usize, run: usize, sample: usize, channel: usize, c: f32, e: f32, r: f32,
): void {
  for (let s = S; s-- > 0;) {
    for (let k = K; k-- > 0;) {
      const at = s * sample + k * run, j = (channel + k) << 2;
      affine(x + at, y + at, run, c, e, gamma ? r * load<f32>(gamma + j) : r, beta ? load<f32>(beta + j) : 0);
    }
  }
}

/** y of statistics that are given: c, e, r as `keep` writes them. */
export function applyRuns(
  x: usize, y: usize, gamma: usize, beta: usize, B: usize, S: usize, G: usize, K: usize, T: usize, saved: usize,
): void {
  const run = T << 2, set = K * run, sample = G * set, sets = B * G, far = sets << 2;
  for (let i: usize = 0; i < sets; i++) {
    const at = (i / G) * S * sample + (i % G) * set, p = saved + (i << 2);
    applySet(x + at, y + at, gamma, beta, S, K, run, sample, (i % G) * K, load<f32>(p), load<f32>(p + far), load<f32>(p + 2 * far));
  }
}

/** y = ((x − c) − e)·a + b with one c, e, a, b a set: a gradient of moments. Rows are runs of T = K. */
export function affineSets(x: usize, y: usize, B: usize, S: usize, G: usize, set: usize, values: usize): void {
  const bytes = set << 2, sample = G * bytes, sets = B * G, far = sets << 2;
  for (let i: usize = 0; i < sets; i++) {
    const at = (i / G) * S * sample + (i % G) * bytes, p = values + (i << 2);
    for (let s: usize = 0; s < S; s++) {
      const o = at + s * sample;
      affine(x + o, y + o, bytes, load<f32>(p), load<f32>(p + far), load<f32>(p + 2 * far), load<f32>(p + 3 * far));
    }
  }
}

/** Adds Σ dy and Σ dy·(x − c) of a run to two doubles. */
function sumRun(x: usize, dy: usize, bytes: usize, c: f32, level: usize, slope: usize): void {
  const m = splat(c), end = x + bytes, vectors = x + (bytes & ~31);
  let s: f64 = 0, t: f64 = 0;
  while (x < vectors) {
    const stop = min(vectors, x + BLOCK);
    let s0 = splat(0), s1 = s0, t0 = s0, t1 = s0;
    for (; x < stop; x += 32) {
      const d0 = v128.load(dy), d1 = v128.load(dy, 16);
      s0 = add(s0, d0); s1 = add(s1, d1);
      t0 = mulAdd(d0, sub(v128.load(x), m), t0); t1 = mulAdd(d1, sub(v128.load(x, 16), m), t1);
      dy += 32;
    }
    s += total(add(s0, s1));
    t += total(add(t0, t1));
  }
  for (; x < end; x += 4) {
    const d = <f64>load<f32>(dy);
    s += d;
    t += d * <f64>(load<f32>(x) - c);
    dy += 4;
  }
  store<f64>(level, load<f64>(level) + s);
  store<f64>(slope, load<f64>(slope) + t);
}

/** dx = dy·a − ((x − c)·h + k) */
function combineRun(x: usize, dy: usize, dx: usize, bytes: usize, c: f32, a: f32, h: f32, k: f32): void {
  const m = splat(c), w = splat(a), u = splat(h), v = splat(k), end = x + bytes, vectors = x + (bytes & ~31);
  for (; x < vectors; x += 32) {
    v128.store(dx, sub(mul(v128.load(dy), w), mulAdd(sub(v128.load(x), m), u, v)));
    v128.store(dx, sub(mul(v128.load(dy, 16), w), mulAdd(sub(v128.load(x, 16), m), u, v)), 16);
    dy += 32; dx += 32;
  }
  for (; x < end; x += 4) {
    store<f32>(dx, load<f32>(dy) * a - ((load<f32>(x) - c) * h + k));
    dy += 4; dx += 4;
  }
}

/** As rows' gradient. Scratch: 16 bytes, and 32 a channel. */
export function runsGradient(
  x: usize, dy: usize, gamma: usize, B: usize, S: usize, G: usize, K: usize, T: usize, saved: usize, center: bool,
  dx: usize, dgamma: usize, dbeta: usize, dmean: usize, dvariance: usize, line: usize, scratch: usize,
): void {
  const run = T << 2, set = K * run, sample = G * set, sets = B * G, far = sets << 2, n = <f64>(S * K * T), C = G * K;
  const sums = scratch, D = sums + 16, E = D + (K << 3), tg = E + (K << 3), tb = tg + (C << 3);
  memory.fill(tg, 0, C << 4);
  for (let i: usize = 0; i < sets; i++) {
    const at = (i / G) * S * sample + (i % G) * set, p = saved + (i << 2), channel = (i % G) * K;
    const c = load<f32>(p), e = <f64>load<f32>(p + far), r = load<f32>(p + 2 * far), rstd = <f64>r;
    if (line) {
      givenLine(line, sets, i, sums);
    } else {
      memory.fill(D, 0, K << 4);
      for (let s: usize = 0; s < S; s++) {
        for (let k: usize = 0; k < K; k++) {
          const o = at + s * sample + k * run;
          sumRun(x + o, dy + o, run, c, D + (k << 3), E + (k << 3));
        }
      }
      memory.fill(sums, 0, 16);
      for (let k: usize = 0; k < K; k++) {
        addChannel(load<f64>(D + (k << 3)), load<f64>(E + (k << 3)), e, rstd, gamma, channel + k, tg, tb, sums);
      }
      setGradient(sums, i, n, e, rstd, center, dx, dmean, dvariance);
    }
    if (!dx) continue;
    const h = <f32>load<f64>(sums), k0 = <f32>load<f64>(sums, 8);
    for (let s = S; s-- > 0;) {
      for (let k = K; k-- > 0;) {
        const o = at + s * sample + k * run;
        combineRun(x + o, dy + o, dx + o, run, c, gamma ? r * load<f32>(gamma + ((channel + k) << 2)) : r, h, k0);
      }
    }
  }
  writeParameters(tg, tb, C, dgamma, dbeta);
}
