import { runInPage } from './inPage.js';

runInPage('webgl');
