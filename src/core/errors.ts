/**
 * What the package throws for input it cannot take. The message has three parts: the rule, what was received, what to try.
 *
 * `[GroupNormalization "gn2"] groups must divide channels. Received groups=5, channels=32. Use one of 1, 2, 4, 8, 16, 32.`
 */
export class NormalizationError extends Error {
  constructor(message: string) {
    super(message);
    // Bundlers rename classes: the name is data.
    this.name = 'NormalizationError';
  }
}

/** Longer values are cut: a message is read by people. */
const LONGEST = 200;

function show(value: unknown): string {
  const text = shown(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function shown(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value); // JSON would turn NaN into null
  if (typeof value === 'function') return `function ${value.name}`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/**
 * Builds the error of a broken rule.
 *
 * @param subject Who complains: an op's name, or a layer's class and name.
 * @param rule The rule, as a sentence without its full stop.
 * @param received The offending values by name.
 * @param advice What to try instead, a sentence.
 */
export function problem(
  subject: string,
  rule: string,
  received: Readonly<Record<string, unknown>>,
  advice = '',
): NormalizationError {
  const values = Object.entries(received).map(([name, value]) => `${name}=${show(value)}`);
  const parts = [`[${subject}] ${rule}.`];
  if (values.length > 0) parts.push(`Received ${values.join(', ')}.`);
  if (advice) parts.push(advice);
  return new NormalizationError(parts.join(' '));
}
