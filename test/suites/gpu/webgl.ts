import type { Suite } from '../harness.js';
import { webglKernelSuite } from './webglKernels.js';
import { webglProgramSuite } from './webglPrograms.js';

/** What only webgl has to show. */
export const WEBGL_SUITES: readonly Suite[] = [webglProgramSuite, webglKernelSuite];
