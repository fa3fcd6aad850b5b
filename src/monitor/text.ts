/** Columns as wide as they need to be: words to the left, numbers to the right. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length));
  const widths = head.map((_, column) => width(column));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((each) => '─'.repeat(each)).join('  '), ...rows.map(line)].join('\n');
}

/** Four digits, as a table needs them: not 0.30000000000000004, not 1e-7 as 0.0000. */
export function short(value: number | null | undefined): string {
  if (value === undefined || value === null) return '–';
  if (!Number.isFinite(value) || value === 0) return String(value);
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(1);
  return value.toFixed(Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(size)))));
}

/** How many decimals show four digits of the largest of these. */
export function decimalsFor(values: readonly number[]): number {
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs), 1e-4);
  return Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(largest))));
}
