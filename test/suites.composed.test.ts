import { runSuites } from './runSuites.js';

runSuites('wasm', { composed: true });
