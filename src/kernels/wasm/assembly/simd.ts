// Vectors of four floats, and their sums in double. `sub` before `mul` everywhere: `x·a + b` with the mean in b would cancel.

@inline export const V: usize = 16;

// @ts-ignore: decorator
@inline export function add(a: v128, b: v128): v128 { return f32x4.add(a, b); }
// @ts-ignore: decorator
@inline export function sub(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
// @ts-ignore: decorator
@inline export function mul(a: v128, b: v128): v128 { return f32x4.mul(a, b); }
// @ts-ignore: decorator
@inline export function mulAdd(a: v128, b: v128, c: v128): v128 { return f32x4.add(f32x4.mul(a, b), c); }
// @ts-ignore: decorator
@inline export function splat(a: f32): v128 { return f32x4.splat(a); }

/** The two lower floats as doubles. */
// @ts-ignore: decorator
@inline export function low(v: v128): v128 { return f64x2.promote_low_f32x4(v); }
/** The two upper floats as doubles. */
// @ts-ignore: decorator
@inline export function high(v: v128): v128 {
  return f64x2.promote_low_f32x4(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

/** Sum of four lanes. */
// @ts-ignore: decorator
@inline export function total(v: v128): f64 {
  const pairs = f64x2.add(low(v), high(v));
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
}

/** Adds four floats to four doubles in memory. */
// @ts-ignore: decorator
@inline export function flush(p: usize, v: v128): void {
  v128.store(p, f64x2.add(v128.load(p), low(v)));
  v128.store(p, f64x2.add(v128.load(p, 16), high(v)), 16);
}

/** 1/√(variance + ε); 0 where both are 0, so that a set without spread gives β. NaN stays NaN. */
// @ts-ignore: decorator
@inline export function reciprocalDeviation(variance: f64, epsilon: f64): f64 {
  const square = variance + epsilon;
  return square == 0 ? 0 : 1 / Math.sqrt(square);
}

/** Steps a float accumulator may run before its lanes go to double. */
@inline export const BLOCK: usize = 64 * 64;

/** Σ (x − pilot)², which `sumsFrom` leaves here. */
export let squaresOfSums: f64 = 0;

/** Σ (x − pilot) over bytes of memory: four accumulators, in blocks. */
export function sumsFrom(p: usize, bytes: usize, pilot: f32): f64 {
  const end = p + bytes, vectors = p + (bytes & ~63), k = splat(pilot);
  let sum: f64 = 0, square: f64 = 0;
  while (p < vectors) {
    const stop = min(vectors, p + BLOCK);
    let a = splat(0), b = a, c = a, d = a, s = a, t = a, u = a, v = a;
    for (; p < stop; p += 64) {
      const e = sub(v128.load(p), k), f = sub(v128.load(p, 16), k), g = sub(v128.load(p, 32), k), h = sub(v128.load(p, 48), k);
      a = add(a, e); s = mulAdd(e, e, s);
      b = add(b, f); t = mulAdd(f, f, t);
      c = add(c, g); u = mulAdd(g, g, u);
      d = add(d, h); v = mulAdd(h, h, v);
    }
    sum += total(add(add(a, b), add(c, d)));
    square += total(add(add(s, t), add(u, v)));
  }
  for (; p < end; p += 4) {
    const e = <f64>(load<f32>(p) - pilot);
    sum += e;
    square += e * e;
  }
  squaresOfSums = square;
  return sum;
}

/**
 * Whether Σ (x − pilot)² leaves the variance its digits: the pilot lies within two deviations of the mean, d of it. NaN does not.
 */
// @ts-ignore: decorator
@inline export function isNear(d: f64, variance: f64): bool { return d * d <= 4 * variance; }

/** Σ x². */
export function squares(p: usize, bytes: usize): f64 {
  const end = p + bytes, vectors = p + (bytes & ~63);
  let sum: f64 = 0;
  while (p < vectors) {
    const stop = min(vectors, p + BLOCK);
    let a = splat(0), b = a, c = a, d = a;
    for (; p < stop; p += 64) {
      const e = v128.load(p), f = v128.load(p, 16), g = v128.load(p, 32), h = v128.load(p, 48);
      a = mulAdd(e, e, a);
      b = mulAdd(f, f, b);
      c = mulAdd(g, g, c);
      d = mulAdd(h, h, d);
    }
    sum += total(add(add(a, b), add(c, d)));
  }
  for (; p < end; p += 4) {
    const e = <f64>load<f32>(p);
    sum += e * e;
  }
  return sum;
}

/** y = ((x − c) − e)·a + b over bytes of memory. */
export function affine(x: usize, y: usize, bytes: usize, c: f32, e: f32, a: f32, b: f32): void {
  const m = splat(c), n = splat(e), u = splat(a), v = splat(b), end = x + bytes, vectors = x + (bytes & ~31);
  for (; x < vectors; x += 32) {
    v128.store(y, mulAdd(sub(sub(v128.load(x), m), n), u, v));
    v128.store(y, mulAdd(sub(sub(v128.load(x, 16), m), n), u, v), 16);
    y += 32;
  }
  for (; x < end; x += 4) {
    store<f32>(y, (load<f32>(x) - c - e) * a + b);
    y += 4;
  }
}
