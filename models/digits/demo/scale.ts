/** Where a value stands on an axis, and which values are written beside it. */
export interface Scale {
  /** From 0, the start of the axis, to 1. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const clamp = (value: number) => Math.min(1, Math.max(0, value));

/** From 0 to a round number that is not less than `most`, in at most six steps. */
export function linear(most: number, least = 1): Scale {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1e-6) / 5));
  const rough = [1, 2, 5, 10, 20].map((factor) => factor * power).find((step) => most / step <= 6) as number;
  const step = Math.max(least, rough);
  const steps = Math.max(1, Math.ceil(most / step));
  return {
    at: (value) => clamp(value / (steps * step)),
    ticks: Array.from({ length: steps + 1 }, (_, i) => i * step),
  };
}

/** Epochs: every value up to the last belongs to the axis, and only whole ones are named. */
export function epochs(last: number): Scale {
  const { ticks } = linear(last);
  return { at: (value) => clamp(value / last), ticks: ticks.filter((tick) => tick <= last) };
}

/** Ones and threes of each power of ten that hold `least` and `most` between them. */
export function logarithmic(least: number, most: number): Scale {
  const all = [-5, -4, -3, -2, -1, 0, 1, 2].flatMap((power) => [Number(`1e${power}`), Number(`3e${power}`)]);
  const from = Math.max(0, all.filter((tick) => tick <= least).length - 1);
  const to = all.findIndex((tick) => tick >= most);
  const ticks = all.slice(from, (to < 0 ? all.length : to) + 1);
  const [bottom, top] = [Math.log(ticks[0] as number), Math.log(ticks.at(-1) as number)];
  return { at: (value) => clamp((Math.log(Math.max(value, 1e-9)) - bottom) / (top - bottom || 1)), ticks };
}
