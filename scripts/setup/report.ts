import pc from 'picocolors';
import type { Outcome } from './part.js';

const COLOURS = { present: pc.dim, installed: pc.green, failed: pc.red };

/** `✓ chromium: present, /usr/bin/chromium`. */
export function line({ name, state, note, seconds }: Outcome): string {
  const time = state === 'present' ? '' : ` in ${seconds.toFixed(1)} s`;
  return COLOURS[state](
    `${state === 'failed' ? '✗' : '✓'} ${name}: ${state}${time}${state === 'failed' ? `: ${note}` : `, ${note}`}`,
  );
}

export function summary(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ state }) => state === 'failed').map(({ name }) => name);
  return failed.length > 0 ? `not set up: ${failed.join(', ')}` : 'set up: npm test runs everything';
}
