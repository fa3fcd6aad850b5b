import { runInPage } from './inPage.js';

runInPage('wasm simd');
