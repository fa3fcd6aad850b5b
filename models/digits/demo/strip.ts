import { digitsOf, PIXELS } from '../data.js';
import { byId } from './element.js';

const SIDE = Math.sqrt(PIXELS);
/** With a column between one and the next. */
const STEP = SIDE + 1;

/** Shows what is learned from: the first digits, as many as there is room for. */
export async function showDigits(): Promise<void> {
  const canvas = byId<HTMLCanvasElement>('digits');
  const pen = canvas.getContext('2d');
  const { pixels } = digitsOf(await (await fetch('/digits.csv')).text());
  for (let image = 0; pen && (image + 1) * STEP <= canvas.width + 1; image++) {
    const grey = [...pixels.subarray(image * PIXELS, (image + 1) * PIXELS)].map((value) => 128 - 127 * value);
    const colours = new Uint8ClampedArray(grey.flatMap((value) => [value, value, value, 255]));
    pen.putImageData(new ImageData(colours, SIDE, SIDE), image * STEP, 0);
  }
}
