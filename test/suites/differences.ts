/** Derivatives by central differences in float64, and the losses they are taken of. */

export type Point = Readonly<Record<string, Float64Array>>;
export type Loss = (point: Point) => number;

const moved = (point: Point, directions: readonly (readonly [Point, number])[]): Point =>
  Object.fromEntries(
    Object.entries(point).map(([name, values]) => [
      name,
      values.map((v, i) => directions.reduce((sum, [d, h]) => sum + h * (d[name]?.[i] ?? 0), v)),
    ]),
  );

function unit(point: Point, name: string, i: number): Point {
  const direction = new Float64Array((point[name] as Float64Array).length);
  direction[i] = 1;
  return { [name]: direction };
}

/** Calls f with every coordinate's unit vector. */
function alongEach(point: Point, f: (direction: Point) => number): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(point).map(([name, values]) => [name, values.map((_, i) => f(unit(point, name, i)))]),
  );
}

export function gradientOf(loss: Loss, point: Point): Record<string, Float64Array> {
  const h = 1e-5;
  return alongEach(point, (d) => (loss(moved(point, [[d, h]])) - loss(moved(point, [[d, -h]]))) / (2 * h));
}

/** The gradient of the slope along `direction`: the Hessian times it. */
export function secondOf(loss: Loss, point: Point, direction: Point): Record<string, Float64Array> {
  const h = 1e-4;
  const at = (d: Point, a: number, b: number) =>
    loss(
      moved(point, [
        [d, a * h],
        [direction, b * h],
      ]),
    );
  return alongEach(point, (d) => (at(d, 1, 1) - at(d, 1, -1) - at(d, -1, 1) + at(d, -1, -1)) / (4 * h * h));
}
