/** Pieces of WGSL that the kernels share. Every workgroup has 256 lanes; `l` is the lane, `wg` the workgroup. */

export const LANES = 256;

/** A workgroup beyond those asked for, in the second dimension's last row, returns before the first barrier. */
export const ENTRY = `
@compute @workgroup_size(256) fn main(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) nwg: vec3u) {
  let wg = wid.x + wid.y * nwg.x;
  if (wg >= u.groups) { return; }`;

/**
 * Sums of each aligned run of n lanes (a power of two), which every lane of the run gets. In two steps of 16: two
 * barriers, a binary tree has nine. A barrier at the end is not needed: a lane comes to the next call's first array when
 * all have read it, after the second barrier, and to its second array after that call's first.
 */
export const reducer = (name: string, type: string): string => `
var<workgroup> ${name}R: array<${type}, 256>;
var<workgroup> ${name}Q: array<${type}, 16>;
fn ${name}(a: ${type}, l: u32, n: u32) -> ${type} {
  ${name}R[l] = a;
  workgroupBarrier();
  let m = min(n, 16u); let at = l & ~(m - 1u); var t = ${type}();
  for (var k = 0u; k < m; k++) { t += ${name}R[at + k]; }
  if (n > 16u && (l & 15u) == 0u) { ${name}Q[l >> 4u] = t; }
  workgroupBarrier();
  if (n <= 16u) { return t; }
  let f = (l & ~(n - 1u)) >> 4u; t = ${type}();
  for (var k = 0u; k < n / 16u; k++) { t += ${name}Q[f + k]; }
  return t;
}`;

/** V: what is read at once, W values of it. */
export const values = (isVector: boolean): string => `
alias V = ${isVector ? 'vec4f' : 'f32'};
const W = ${isVector ? 4 : 1}u;
fn hsum(v: V) -> f32 { return ${isVector ? 'v.x + v.y + v.z + v.w' : 'v'}; }`;

/** 1/√(v + ε), 0 where there is neither, so that a set without spread gives β; NaN stays NaN. */
export const rstd = (type: string): string => `
fn rstdOf(v: ${type}) -> ${type} { let a = v + ${type}(u.eps); return select(inverseSqrt(a), ${type}(), a < ${type}(1.1754944e-38)); }`;

/** One value of x by its place among all. */
export const element = (isVector: boolean): string => `
fn xAt(e: u32) -> f32 { return ${isVector ? 'x[e / 4u][e % 4u]' : 'x[e]'}; }`;

/** dγ and dβ of 32 channels from sums `pt`, [2, N, C]: of dy, and of dy·x̂. Eight lanes a channel. */
export const columns = `
fn columns(tile: u32, l: u32, N: u32, C: u32) {
  let c = tile * 32u + (l & 31u); var s = vec2f();
  if (c < C) { for (var i = l >> 5u; i < N; i += 8u) { s += vec2f(pt[i * C + c], pt[(N + i) * C + c]); } }
  s = sum2(s, (l & 31u) * 8u + (l >> 5u), 8u);
  if (l < 32u && c < C) { dbeta[c] = s.x; dgamma[c] = s.y; }
}`;
