const rnd = (n: number) => { const a = new Float32Array(n); let s = 12345; for (let i = 0; i < n; i++) { s = (s * 1103515245 + 12345) & 0x7fffffff; a[i] = s / 0x7fffffff - .5; } return a; };
type F = Float32Array; type D = Float64Array;
function lanesA(x: F, y: F, begin: number, end: number, mean: D, factor: D, shift: D) {
  const lanes = mean.length;
  for (let i = begin; i < end; ) { let lane = 0;
    for (const u = lanes - 3; lane < u; lane += 4, i += 4) {
      y[i] = (x[i]! - mean[lane]!) * factor[lane]! + shift[lane]!;
      y[i+1] = (x[i+1]! - mean[lane+1]!) * factor[lane+1]! + shift[lane+1]!;
      y[i+2] = (x[i+2]! - mean[lane+2]!) * factor[lane+2]! + shift[lane+2]!;
      y[i+3] = (x[i+3]! - mean[lane+3]!) * factor[lane+3]! + shift[lane+3]!; }
    for (; lane < lanes; lane++, i++) y[i] = (x[i]! - mean[lane]!) * factor[lane]! + shift[lane]!; }
}
function lanesA1(x: F, y: F, begin: number, end: number, mean: D, factor: D, shift: D) {
  const lanes = mean.length;
  for (let i = begin; i < end; ) for (let lane = 0; lane < lanes; lane++, i++) y[i] = (x[i]! - mean[lane]!) * factor[lane]! + shift[lane]!;
}
function tile(x: F, y: F, begin: number, end: number, mean: D, factor: D, shift: D) {
  const lanes = mean.length; let l = 0;
  for (; l + 4 <= lanes; l += 4) {
    const m0 = mean[l]!, m1 = mean[l+1]!, m2 = mean[l+2]!, m3 = mean[l+3]!, f0 = factor[l]!, f1 = factor[l+1]!, f2 = factor[l+2]!, f3 = factor[l+3]!, s0 = shift[l]!, s1 = shift[l+1]!, s2 = shift[l+2]!, s3 = shift[l+3]!;
    for (let i = begin + l; i < end; i += lanes) { y[i] = (x[i]! - m0) * f0 + s0; y[i+1] = (x[i+1]! - m1) * f1 + s1; y[i+2] = (x[i+2]! - m2) * f2 + s2; y[i+3] = (x[i+3]! - m3) * f3 + s3; }
  }
  for (; l < lanes; l++) { const m = mean[l]!, f = factor[l]!, s = shift[l]!; for (let i = begin + l; i < end; i += lanes) y[i] = (x[i]! - m) * f + s; }
}
function tile2(x: F, y: F, begin: number, end: number, mean: D, factor: D, shift: D) {
  const lanes = mean.length; let l = 0;
  for (; l + 2 <= lanes; l += 2) {
    const m0 = mean[l]!, m1 = mean[l+1]!, f0 = factor[l]!, f1 = factor[l+1]!, s0 = shift[l]!, s1 = shift[l+1]!;
    for (let i = begin + l; i < end; i += lanes) { y[i] = (x[i]! - m0) * f0 + s0; y[i+1] = (x[i+1]! - m1) * f1 + s1; }
  }
  for (; l < lanes; l++) { const m = mean[l]!, f = factor[l]!, s = shift[l]!; for (let i = begin + l; i < end; i += lanes) y[i] = (x[i]! - m) * f + s; }
}
const blocked = (h: typeof tile, size: number) => (x: F, y: F, b: number, e: number, m: D, f: D, s: D) => { const L = m.length, st = Math.max(8, Math.floor(size / L)) * L; for (let i = b; i < e; i += st) h(x, y, i, Math.min(e, i + st), m, f, s); };
// rows
function rows1(x: F, y: F, B: number, K: number, mean: D, rstd: D, scale: D, shift: D) {
  for (let b = 0; b < B; b++) { const m = mean[b]!, r = rstd[b]!; let i = b * K; for (let c = 0; c < K; c++, i++) y[i] = (x[i]! - m) * r * scale[c]! + shift[c]!; }
}
function rows2(x: F, y: F, B: number, K: number, mean: D, rstd: D, scale: D, shift: D) {
  for (let b = 0; b + 2 <= B; b += 2) { const m = mean[b]!, r = rstd[b]!, m1 = mean[b+1]!, r1 = rstd[b+1]!; let i = b * K, j = i + K; for (let c = 0; c < K; c++, i++, j++) { const a = scale[c]!, s = shift[c]!; y[i] = (x[i]! - m) * r * a + s; y[j] = (x[j]! - m1) * r1 * a + s; } }
}
function rows4(x: F, y: F, B: number, K: number, mean: D, rstd: D, scale: D, shift: D) {
  for (let b = 0; b + 4 <= B; b += 4) { const m = mean[b]!, r = rstd[b]!, m1 = mean[b+1]!, r1 = rstd[b+1]!, m2 = mean[b+2]!, r2 = rstd[b+2]!, m3 = mean[b+3]!, r3 = rstd[b+3]!;
   let i = b * K, j = i + K, k = j + K, l = k + K; for (let c = 0; c < K; c++, i++, j++, k++, l++) { const a = scale[c]!, s = shift[c]!; y[i] = (x[i]! - m) * r * a + s; y[j] = (x[j]! - m1) * r1 * a + s; y[k] = (x[k]! - m2) * r2 * a + s; y[l] = (x[l]! - m3) * r3 * a + s; } }
}
// collect rows
function coll1(x: F, dy: F, B: number, K: number, mean: D, rstd: D, scale: D, lv: D, sl: D, dg: D, db: D) {
  for (let b = 0; b < B; b++) { const m = mean[b]!, r = rstd[b]!; let t = 0, q = 0, i = b * K; for (let c = 0; c < K; c++, i++) { const u = dy[i]!, w = u * (x[i]! - m), a = scale[c]!; t += u * a; q += w * a; dg[c] = dg[c]! + w * r; db[c] = db[c]! + u; } lv[b] = t; sl[b] = q; }
}
function coll2(x: F, dy: F, B: number, K: number, mean: D, rstd: D, scale: D, lv: D, sl: D, dg: D, db: D) {
  for (let b = 0; b + 2 <= B; b += 2) { const m = mean[b]!, r = rstd[b]!, m1 = mean[b+1]!, r1 = rstd[b+1]!; let t = 0, q = 0, t1 = 0, q1 = 0, i = b * K, j = i + K; for (let c = 0; c < K; c++, i++, j++) { const a = scale[c]!; const u = dy[i]!, w = u * (x[i]! - m), u1 = dy[j]!, w1 = u1 * (x[j]! - m1); t += u * a; q += w * a; t1 += u1 * a; q1 += w1 * a; dg[c] = dg[c]! + w * r + w1 * r1; db[c] = db[c]! + u + u1; } lv[b] = t; sl[b] = q; lv[b+1] = t1; sl[b+1] = q1; }
}
function spread1(x: F, dy: F, y: F, begin: number, end: number, factor: D, incline: D, offset: D) {
  const lanes = factor.length; for (let i = begin; i < end;) for (let l = 0; l < lanes; l++, i++) y[i] = dy[i]! * factor[l]! + x[i]! * incline[l]! + offset[l]!;
}
function spreadT(x: F, dy: F, y: F, begin: number, end: number, factor: D, incline: D, offset: D) {
  const lanes = factor.length; let l = 0;
  for (; l + 2 <= lanes; l += 2) { const f0 = factor[l]!, f1 = factor[l+1]!, s0 = incline[l]!, s1 = incline[l+1]!, o0 = offset[l]!, o1 = offset[l+1]!;
    for (let i = begin + l; i < end; i += lanes) { y[i] = dy[i]! * f0 + x[i]! * s0 + o0; y[i+1] = dy[i+1]! * f1 + x[i+1]! * s1 + o1; } }
  for (; l < lanes; l++) { const f0 = factor[l]!, s0 = incline[l]!, o0 = offset[l]!; for (let i = begin + l; i < end; i += lanes) y[i] = dy[i]! * f0 + x[i]! * s0 + o0; }
}
function spreadT4(x: F, dy: F, y: F, begin: number, end: number, factor: D, incline: D, offset: D) {
  const lanes = factor.length; let l = 0;
  for (; l + 4 <= lanes; l += 4) { const f0 = factor[l]!, f1 = factor[l+1]!, s0 = incline[l]!, s1 = incline[l+1]!, o0 = offset[l]!, o1 = offset[l+1]!, f2 = factor[l+2]!, f3 = factor[l+3]!, s2 = incline[l+2]!, s3 = incline[l+3]!, o2 = offset[l+2]!, o3 = offset[l+3]!;
    for (let i = begin + l; i < end; i += lanes) { y[i] = dy[i]! * f0 + x[i]! * s0 + o0; y[i+1] = dy[i+1]! * f1 + x[i+1]! * s1 + o1; y[i+2] = dy[i+2]! * f2 + x[i+2]! * s2 + o2; y[i+3] = dy[i+3]! * f3 + x[i+3]! * s3 + o3; } }
  for (; l < lanes; l++) { const f0 = factor[l]!, s0 = incline[l]!, o0 = offset[l]!; for (let i = begin + l; i < end; i += lanes) y[i] = dy[i]! * f0 + x[i]! * s0 + o0; }
}

function rowsTile(x: F, y: F, from: number, to: number, K: number, mean: D, rstd: D, scale: D, shift: D) {
  let l = 0;
  for (; l + 4 <= K; l += 4) { const a0 = scale[l]!, a1 = scale[l+1]!, a2 = scale[l+2]!, a3 = scale[l+3]!, s0 = shift[l]!, s1 = shift[l+1]!, s2 = shift[l+2]!, s3 = shift[l+3]!;
    for (let b = from, i = from * K + l; b < to; b++, i += K) { const m = mean[b]!, r = rstd[b]!; y[i] = (x[i]! - m) * r * a0 + s0; y[i+1] = (x[i+1]! - m) * r * a1 + s1; y[i+2] = (x[i+2]! - m) * r * a2 + s2; y[i+3] = (x[i+3]! - m) * r * a3 + s3; } }
}
function collTile(x: F, dy: F, from: number, to: number, K: number, mean: D, rstd: D, scale: D, lv: D, sl: D, dg: D, db: D) {
  let l = 0;
  for (; l + 4 <= K; l += 4) { const a0 = scale[l]!, a1 = scale[l+1]!, a2 = scale[l+2]!, a3 = scale[l+3]!; let g0 = 0, g1 = 0, g2 = 0, g3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
    for (let b = from, i = from * K + l; b < to; b++, i += K) { const m = mean[b]!, r = rstd[b]!;
      const u0 = dy[i]!, u1 = dy[i+1]!, u2 = dy[i+2]!, u3 = dy[i+3]!; const w0 = u0 * (x[i]! - m), w1 = u1 * (x[i+1]! - m), w2 = u2 * (x[i+2]! - m), w3 = u3 * (x[i+3]! - m);
      b0 += u0; b1 += u1; b2 += u2; b3 += u3; g0 += w0 * r; g1 += w1 * r; g2 += w2 * r; g3 += w3 * r;
      lv[b] = lv[b]! + (u0 * a0 + u1 * a1 + u2 * a2 + u3 * a3); sl[b] = sl[b]! + (w0 * a0 + w1 * a1 + w2 * a2 + w3 * a3); }
    dg[l] = dg[l]! + g0; dg[l+1] = dg[l+1]! + g1; dg[l+2] = dg[l+2]! + g2; dg[l+3] = dg[l+3]! + g3; db[l] = db[l]! + b0; db[l+1] = db[l+1]! + b1; db[l+2] = db[l+2]! + b2; db[l+3] = db[l+3]! + b3; }
}
function collTile2(x: F, dy: F, from: number, to: number, K: number, mean: D, rstd: D, scale: D, lv: D, sl: D, dg: D, db: D) {
  let l = 0;
  for (; l + 2 <= K; l += 2) { const a0 = scale[l]!, a1 = scale[l+1]!; let g0 = 0, g1 = 0, b0 = 0, b1 = 0;
    for (let b = from, i = from * K + l; b < to; b++, i += K) { const m = mean[b]!, r = rstd[b]!;
      const u0 = dy[i]!, u1 = dy[i+1]!; const w0 = u0 * (x[i]! - m), w1 = u1 * (x[i+1]! - m);
      b0 += u0; b1 += u1; g0 += w0 * r; g1 += w1 * r; 
      lv[b] = lv[b]! + (u0 * a0 + u1 * a1); sl[b] = sl[b]! + (w0 * a0 + w1 * a1); }
    dg[l] = dg[l]! + g0; dg[l+1] = dg[l+1]! + g1; db[l] = db[l]! + b0; db[l+1] = db[l+1]! + b1; }
}
const d = (n: number, v: number) => new Float64Array(n).fill(v);
const best: Record<string, number> = {};
const rec = (k: string, n: number, f: () => void) => { const t = performance.now(); f(); best[k] = Math.min(best[k] ?? 1e9, (performance.now() - t) * 1e6 / n); };
for (let r = 0; r < 25; r++) for (const K of [768, 1024, 64]) { const B = Math.floor(786432 / K); const G: any = globalThis; const [x, dy, y] = G['k'+K] ??= [rnd(B*K), rnd(B*K), new Float32Array(B*K)];
  const m = d(B, .1), q = d(B, 1.1), a = d(K, 1.5), s = d(K, .5), lv = d(B, 0), sl = d(B, 0), dg = d(K, 0), db = d(K, 0); const n = B*K;
  rec(`apply K${K} rows1`, n, () => rows1(x, y, B, K, m, q, a, s)); rec(`apply K${K} rows4`, n, () => rows4(x, y, B, K, m, q, a, s));
  for (const R of [4, 8, 16]) rec(`apply K${K} tile R${R}`, n, () => { for (let b = 0; b < B; b += R) rowsTile(x, y, b, Math.min(B, b + R), K, m, q, a, s); });
  rec(`coll K${K} 1`, n, () => coll1(x, dy, B, K, m, q, a, lv, sl, dg, db)); rec(`coll K${K} 2`, n, () => coll2(x, dy, B, K, m, q, a, lv, sl, dg, db));
  for (const R of [4, 8, 16]) { rec(`coll K${K} tile4 R${R}`, n, () => { for (let b = 0; b < B; b += R) collTile(x, dy, b, Math.min(B, b + R), K, m, q, a, lv, sl, dg, db); }); rec(`coll K${K} tile2 R${R}`, n, () => { for (let b = 0; b < B; b += R) collTile2(x, dy, b, Math.min(B, b + R), K, m, q, a, lv, sl, dg, db); }); }
}
for (const [k, v] of Object.entries(best)) console.log(k.padEnd(26), v.toFixed(2));
