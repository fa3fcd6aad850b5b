import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuKernels } from '../../../src/kernels/cpu/index.js';
import { provideKernels } from '../../../src/kernels/dispatch.js';
import { runSuites } from '../../runSuites.js';
import { goldenSuite } from '../../suites/golden.js';
import type { GoldenFile } from '../../suites/goldenCase.js';
import { SUITES } from '../../suites/index.js';

/** Every check and every reference vector of the pack with the fused kernels under it. */
const folder = join(__dirname, '../../golden/vectors');
const vectors = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as GoldenFile);

provideKernels('cpu', cpuKernels);
runSuites('cpu', { suites: [...SUITES, goldenSuite(vectors)] });
