/** Letters that have to change to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** More letters than these are another word, not a misspelling. */
const FAR = 3;

/** The word of a list that was probably meant, whatever its case, or undefined. */
export function nearest(word: string, list: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const allowed = Math.min(FAR, Math.max(1, Math.floor(word.length / 2)));
  const distances = list.map((candidate) => distance(lower, candidate.toLowerCase()));
  const least = Math.min(...distances);
  return least <= allowed ? list[distances.indexOf(least)] : undefined;
}

/** What to try in place of a word: the one that was probably meant, and all there are. */
export function meant(word: unknown, words: readonly string[]): string {
  const near = typeof word === 'string' ? nearest(word, words) : undefined;
  return `${near ? `Did you mean \`${near}\`? ` : ''}Use one of ${words.join(', ')}.`;
}
