/** The nearest float16 number, ties to even; JavaScript gets one of its own (`Math.f16round`) only after Node 20. */
export function roundToHalf(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const step = halfUlp(value);
  const scaled = Math.abs(value) / step;
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  const rounded = (up ? below + 1 : below) * step;
  return Math.sign(value) * (rounded > 65504 ? Number.POSITIVE_INFINITY : rounded);
}

/** The distance of neighbours in a format of so many digits, whose smallest normal number is 2^lowest. */
function ulp(value: number, digits: number, lowest: number): number {
  const exponent = value === 0 ? lowest : Math.max(lowest, Math.floor(Math.log2(Math.abs(value))));
  return 2 ** (exponent - digits);
}

export const halfUlp = (value: number) => ulp(value, 10, -14);
export const singleUlp = (value: number) => ulp(value, 23, -126);
