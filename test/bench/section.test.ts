import { putSection } from '../../bench/section.js';

/** What a program writes into a page, again and again. */
const wasm = { name: 'wasm', command: 'npm run bench', body: 'first' };
const gpu = { name: 'gpu webgpu dawn', command: 'npm run bench:gpu', body: 'a GPU' };
const other = { ...gpu, name: 'gpu webgpu dawn nvidia', body: 'another' };

test('a section takes the place of its former text, and nothing else moves', () => {
  const page = [wasm, gpu, other].reduce(putSection, 'Before.\n\n');
  const again = putSection(page, { ...gpu, body: 'changed' });
  expect(again).toBe(page.replace('a GPU', 'changed'));
  expect(putSection(again, gpu)).toBe(page);
});

test('an empty page gets a title', () => {
  expect(putSection('', wasm)).toMatch(
    /^# Performance\n\n<!-- bench wasm: .*-->\nfirst\n<!-- end of bench wasm -->\n$/,
  );
});

test('names that begin alike are apart', () => {
  const page = [other, gpu].reduce(putSection, 'Before.\n');
  expect(putSection(page, { ...gpu, body: 'changed' })).toContain('another');
});
