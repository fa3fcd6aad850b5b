import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Digits, digitsOf } from './data.js';

/** The 1,797 images of `digits.csv.gz`; ORIGIN.md says whose. Node only: a page fetches the file. */
export function loadDigits(): Digits {
  return digitsOf(gunzipSync(readFileSync(new URL('digits.csv.gz', import.meta.url))).toString('ascii'));
}
