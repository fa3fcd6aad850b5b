import { problem } from './errors.js';

/** The rules of `groups`: −1 is one channel a group, otherwise groups divide the channels. Returns the number. */
export function resolveGroups(subject: string, groups: number, channels: number): number {
  if (groups === -1) return channels;
  if (!Number.isInteger(groups) || groups < 1) {
    throw problem(
      subject,
      'groups must be a positive integer, or -1 for one channel a group',
      { groups },
      `Use a divisor of ${channels}.`,
    );
  }
  if (channels % groups !== 0) {
    throw problem(
      subject,
      'groups must divide channels',
      { groups, channels },
      `Use one of ${divisors(channels).join(', ')}, or groups: 'auto'.`,
    );
  }
  return groups;
}

function divisors(n: number): number[] {
  const small: number[] = [];
  for (let d = 1; d * d <= n; d++) if (n % d === 0) small.push(d);
  const large = small.map((d) => n / d).filter((d) => d * d > n);
  return [...small, ...large.reverse()];
}

/** As many groups as the paper of group norm has, and Keras by default. */
const MOST = 32;

/** `groups: 'auto'`: the largest divisor of the channels up to 32 that leaves two channels a group, where one does. */
export function automaticGroups(channels: number): number {
  const possible = Array.from({ length: MOST }, (_, i) => i + 1).filter((d) => channels % d === 0);
  const paired = possible.filter((d) => channels / d >= 2);
  return (paired.length > 0 ? paired : possible).pop() ?? 1;
}
