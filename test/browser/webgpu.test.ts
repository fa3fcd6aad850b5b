import { runInPage } from './inPage.js';

runInPage('webgpu');
