import type { Channel, Kind, Plan } from './plan.js';

/**
 * The GLSL that programs share. Names are those of `integersOf`. A texel q of x has four lanes; `sets(q)` tells its sample
 * and the one or two sets they are in, as (b, g, h), `spread` brings a pair of values to the lanes.
 *
 * Statistics are kept as (δ, rstd) with δ = mean − pilot, the pilot being the set's first value, read again from x: the
 * values of a set are close to each other when its mean is large, so x − pilot is exact, and in half-float textures the
 * pilot, an input, is exact too. Test: "mean 1e4, deviation .06".
 */
const SPREAD: Record<Kind, string> = { columns: 'xyxy', rows: 'xxyy', planes: 'xxxx' };

/** Where unit u begins, and which lanes of a texel are its own. */
const FIRST: Record<Kind, string> = {
  columns: 'vec4 t = Tx(q + u / 2); return (u & 1) == 0 ? t.x : t.y;',
  rows: 'vec4 t = Tx(q + u / 2 * M); return (u & 1) == 0 ? t.x : t.z;',
  planes: 'return Tx(q + u * M).x;',
};

const UNIT: Record<Kind, string> = {
  columns: '2 * (q % hc)',
  rows: '2 * (q / hc % hr)',
  planes: 'q / M % U',
};

/** Lanes outside the tensor are skipped by selection: 0·NaN would be NaN. */
const LANES = `
bvec4 lanes(int q) {
  if (((R | C) & 1) == 0) return bvec4(true);
  bool c = q % hc * 2 + 1 < C, r = q / hc % hr * 2 + 1 < R;
  return bvec4(true, c, r, c && r);
}
vec4 only(vec4 v, bvec4 m) { return mix(vec4(0.), v, m); }`;

/** Not min(): in GLSL min(NaN, a) may be a. Without variance and ε there is nothing to scale. */
export const RSTD = `
float rstd(float v) { v += eps; float r = inversesqrt(v); return v == 0. ? 0. : r > CAP ? CAP : r; }`;

/** From where a program has the statistics: what a kernel saved, or means and variances it was given. */
export type Statistics = 'saved' | 'rows' | 'halves' | 'given' | 'mixed';

const STAT: Record<Statistics, string> = {
  saved: 'vec4 t = Pst(b * hg + g / 2); return (g & 1) == 0 ? t.xy : t.zw;',
  rows: 'int i = b * G + g; return vec2(Sst(i), Sst(B * G + i));',
  halves: 'int i = b * G + g, n = B * G; return vec2(Sst(i) + Sst(2 * n + i), Sst(n + i));',
  mixed: 'return Pst(b * G + g).zw;',
  given: 'int i = b * G + g; return vec2(Smean(i), rstd(Svariance(i)));',
};

/** What x is measured from: nothing where the mean is given or there is none. */
export function pilots(kind: Kind, hasPilot: boolean): string {
  const first = hasPilot ? `int u = g * K, q = b * O * N; ${FIRST[kind]}` : 'return 0.;';
  return `${LANES}
float pilot(int b, int g) { ${first} }
vec2 pilots(ivec3 s) { float p = pilot(s.x, s.y); return vec2(p, s.z == s.y ? p : pilot(s.x, s.z)); }
ivec3 setsOf(int b, int u) { return ivec3(b, u / K, min(u + 1, U - 1) / K); }`;
}

export function statistics(from: Statistics): string {
  return `${from === 'given' ? RSTD : ''}
vec2 stat(int b, int g) { ${STAT[from]} }
mat2 stats(ivec3 s) { vec2 a = stat(s.x, s.y), b = s.z == s.y ? a : stat(s.x, s.z); return transpose(mat2(a, b)); }`;
}

/** The sets of a texel. */
export function sets(kind: Kind): string {
  const of = kind === 'planes' ? 'int g = u / K; return ivec3(b, g, g);' : 'return setsOf(b, u);';
  return `
ivec3 sets(int q) { int b = q / (O * N), u = ${UNIT[kind]}; ${of} }`;
}

/** A pair of values on the four lanes of a texel. */
export const spread = (kind: Kind, pair: string): string => `(${pair}).${SPREAD[kind]}`;

const CHANNEL: Record<Channel, (name: string) => string> = {
  column: (name) => `return D${name}(q % hc * 2).xyxy;`,
  row: (name) => `return D${name}(q / hc % hr * 2).xxyy;`,
  plane: (name) => `return vec4(S${name}(q / M % U));`,
  element: (name) => `int e = (q / (hc * hr) * R + q / hc % hr * 2) * C + q % hc * 2;
  return vec4(S${name}(e % E), S${name}((e + 1) % E), S${name}((e + C) % E), S${name}((e + C + 1) % E));`,
};

/** γ or β of a texel's four lanes. */
export const parameter = (channel: Channel, name: string): string => `
vec4 ${name}At(int q) { ${CHANNEL[channel](name)} }`;

const OWN: Record<Kind, string> = {
  columns: 'bvec4(true, true, bvec2(2 * i + 1 < R))',
  rows: 'bvec2(true, 2 * i + 1 < C).xyxy',
  planes: 'lanes(q)',
};

/**
 * A loop over texels j0 ≤ j < j1 of a pair of units (b, u). `each` gives what a texel adds, from its index, the swizzle
 * that brings its pair's values to its lanes, and the mask of lanes that are there; `to` gets it added up by unit.
 *
 * Where units are planes the pair's texels are two; Z leads to the second one, or to the first again.
 */
export function sum({ kind }: Plan, add: (pair: (term: (q: string, swizzle: string) => string) => string) => string) {
  const pair = (term: (q: string, swizzle: string) => string) => {
    if (kind === 'columns') return `lo(${term('q', 'xyxy')})`;
    if (kind === 'rows') return `lo(${term('q', 'xxyy')})`;
    return `vec2(dot(${term('q', 'xxxx')}, vec4(1.)), dot(${term('q + Z', 'yyyy')}, vec4(1.)))`;
  };
  return `{
  int i = j0 % I, q = (b * O + j0 / I) * N + ${kind === 'planes' ? 'u' : 'u / 2'} * M + i * W;
  for (int j = j0; j < j1; j++) {
    bvec4 m = ${OWN[kind]};
    ${add(pair)}
    if (++i < I) q += W; else { i = 0; q += N - (I - 1) * W; }
  }
}`;
}

/** Adds up a texel's lanes by unit. */
export const SUMS: Record<Kind, string> = {
  columns: 'vec2 lo(vec4 v) { return v.xy + v.zw; }',
  rows: 'vec2 lo(vec4 v) { return v.xz + v.yw; }',
  planes: '',
};

/** How many of a unit's values lie before its texel j. */
const COUNT: Record<Kind, string> = {
  columns: 'return j / I * R + 2 * (j % I);',
  rows: 'return j / I * C + 2 * (j % I);',
  planes: `int h = hr * hc, k = j % h, r = k / hc * 2, c = k % hc * 2;
  return (j / h * R + r) * C + min(2, R - r) * c;`,
};

export const count = (kind: Kind): string => `
int count(int j) { ${COUNT[kind]} }
float within(int p) { return float(count(min(J, (p + 1) * L)) - count(p * L)); }`;

/** Where a program that sums stands: sample b, slab p, units u and u + 1. */
export const stand = (kind: Kind): string => `int o = here(), u = o % hu * 2, p = o / hu % P, b = o / (hu * P);
  int j0 = p * L, j1 = min(J, j0 + L)${kind === 'planes' ? ', Z = u + 1 < U ? M : 0' : ''};
  ivec3 s = setsOf(b, u);`;

/** Long sums go in two levels, lest the accumulator run long: every 64 terms into the next. */
export const CARRY = 'if ((j & 63) == 63)';
