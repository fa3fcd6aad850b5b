import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { calls } from './device.js';

/** The script of the page. */
Object.assign(globalThis, { calls });
