/** @jest-environment <rootDir>/test/tensorflow/environment.js */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pack from '../src/index.js';
import { describeBackends, tf } from './golden/backends.js';
import { outOfScope, type ThirdPartyFiles, thirdPartySuite } from './suites/thirdParty.js';

/** They lie beside the checkout, not in it. */
const folder = join(process.cwd(), '../shared/fixtures');
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

if (existsSync(folder)) {
  const files: ThirdPartyFiles = {
    onnx: read('onnx_norm_cases.json'),
    webnn: read('wpt_webnn_norm_cases.json'),
    pytorch: read('pytorch_golden_norms.json'),
  };
  const { checks } = thirdPartySuite(files);

  test('124 cases, 115 of operators that the pack has', () => {
    const excluded = outOfScope(files);
    expect(excluded).toEqual({ LpNormalization: 6, LRN: 2, MeanVarianceNormalization: 1 });
    expect(checks.length).toBe(115);
    expect(files.onnx.cases.length + files.webnn.cases.length + files.pytorch.cases.length).toBe(124);
  });

  describeBackends('third-party cases', () => {
    test.each(checks.map((check) => [check.name, check] as const))('%s', async (_, check) => {
      await check.run(tf, pack);
    });
  });
} else {
  test('third-party cases', () => {
    if (process.env.CI === 'true') throw new Error(`the third-party cases are missing: ${folder}`);
    console.warn(`The 124 third-party cases were not run: there is no ${folder}`);
  });
}
