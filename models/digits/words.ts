/** Facts or options in a line: `channels 128, rank 2`. */
export const inWords = (values: object): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
