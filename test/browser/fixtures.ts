import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fixtures } from './lists.js';

const read = (...path: string[]) => JSON.parse(readFileSync(join(process.cwd(), ...path), 'utf8'));

/** The golden vectors, and the third-party cases where they lie beside the checkout. */
export function readFixtures(): Fixtures {
  const vectors = 'test/golden/vectors';
  const golden = readdirSync(join(process.cwd(), vectors))
    .sort()
    .map((file) => read(vectors, file));
  const beside = '../shared/fixtures';
  if (!existsSync(join(process.cwd(), beside))) return { golden };
  const thirdParty = {
    onnx: read(beside, 'onnx_norm_cases.json'),
    webnn: read(beside, 'wpt_webnn_norm_cases.json'),
    pytorch: read(beside, 'pytorch_golden_norms.json'),
  };
  return { golden, thirdParty };
}
