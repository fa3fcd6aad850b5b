import { loopsFor } from '/work/fused/src/kernels/cpu/loops.js';
const L = loopsFor(0) as any;
const rnd = (n: number) => { const a = new Float32Array(n); let s = 12345; for (let i = 0; i < n; i++) { s = (s * 1103515245 + 12345) & 0x7fffffff; a[i] = s / 0x7fffffff - .5; } return a; };
const V: [string, any, boolean][] = [
 ['rows affine', {B:4096,S:1,G:1,K:768,T:1}, true], ['rows plain', {B:4096,S:1,G:1,K:768,T:1}, false],
 ['group32 NHWC', {B:32,S:196,G:32,K:8,T:1}, true], ['inst NHWC', {B:4,S:16384,G:32,K:1,T:1}, true],
 ['group32 NCHW', {B:32,S:1,G:32,K:8,T:196}, true], ['batch NHWC', {B:1,S:6272,G:256,K:1,T:1}, true], ['batch C3', {B:1,S:262144,G:3,K:1,T:1}, true],
];
const best: any = {};
for (let r = 0; r < 15; r++) for (const [name, view, aff] of V) {
  const n = view.B*view.S*view.G*view.K*view.T; const C = aff ? view.G*view.K : view.G; const v = aff ? view : {...view, K:1, T: view.K*view.T};
  const st = (globalThis as any)['d'+n] ??= [rnd(n), rnd(n)]; const [x, dy] = st;
  const scale = new Float64Array(C).fill(1.5), shift = new Float64Array(C).fill(.5);
  const rec = (k: string, f: () => any) => { const t = performance.now(); const o = f(); const d = (performance.now()-t)*1e6/n; best[name] ??= {}; best[name][k] = Math.min(best[name][k] ?? 1e9, d); return o; };
  rec('copy', () => { const y = new Float32Array(n); y.set(x); return y; });
  const { sets } = rec('norm', () => L.normalize(x, v, {epsilon:1e-5, center:true, scale, shift}));
  rec('mom', () => L.moments(x, v, true));
  rec('app', () => L.apply(x, v, { ...sets, scale, shift }));
  rec('coll', () => L.collect(x, dy, v, { ...sets, scale }));
  rec('grad', () => L.normalizeGrad(x, dy, v, { ...sets, scale }, true));
}
for (const k of Object.keys(best)) console.log(k.padEnd(14), Object.entries(best[k]).map(([a,b]: any) => a + ' ' + b.toFixed(2)).join('  '));
