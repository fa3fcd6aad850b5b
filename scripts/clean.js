import { rmSync } from 'node:fs';
import { path } from './entry-points.js';

rmSync(path('dist'), { recursive: true, force: true });
