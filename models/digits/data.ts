import { seededRandom, shuffled } from '../../src/monitor/random.js';

export const PIXELS = 64;
export const CLASSES = 10;
export const TRAINING_IMAGES = 1200;

/** Images as rows of 64 grey values from -1 (paper) to 1 (ink), and the digit each one shows. */
export interface Digits {
  readonly pixels: Float32Array;
  readonly labels: readonly number[];
}

/** Reads the text of `digits.csv.gz`: 64 counts from 0 to 16 and the digit, a line each. */
export function digitsOf(text: string): Digits {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  const pixels = Float32Array.from(rows.flatMap((row) => row.slice(0, PIXELS).map((count) => count / 8 - 1)));
  return { pixels, labels: rows.map((row) => row[PIXELS] as number) };
}

export interface Split {
  readonly training: readonly number[];
  readonly test: readonly number[];
}

/** Which images train and which test. The seed decides: one fixed test set is off by 0.8 points either way. */
export function splitDigits({ labels }: Digits, seed: number): Split {
  const order = shuffled([...labels.keys()], seededRandom(seed));
  return { training: order.slice(0, TRAINING_IMAGES), test: order.slice(TRAINING_IMAGES) };
}

/** The chosen images, end to end. */
export function imagesOf({ pixels }: Digits, chosen: readonly number[]): Float32Array {
  const out = new Float32Array(chosen.length * PIXELS);
  chosen.forEach((image, i) => {
    out.set(pixels.subarray(image * PIXELS, (image + 1) * PIXELS), i * PIXELS);
  });
  return out;
}

/** Their digits as rows of ten, 1 at the digit. */
export function targetsOf({ labels }: Digits, chosen: readonly number[]): Float32Array {
  const out = new Float32Array(chosen.length * CLASSES);
  chosen.forEach((image, i) => {
    out[i * CLASSES + (labels[image] as number)] = 1;
  });
  return out;
}
