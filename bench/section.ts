/** A part of a page that a program writes: it stands between two comments, by which the program finds it again. */
export interface Section {
  readonly name: string;
  /** What makes it. */
  readonly command: string;
  readonly body: string;
}

/** Puts a section into a page, in the place of its former text, else at the end; the rest of the page stays. */
export function putSection(page: string, { name, command, body }: Section): string {
  const start = `<!-- bench ${name}: made by ${command} -- --write -->`;
  const end = `<!-- end of bench ${name} -->`;
  const made = `${start}\n${body}\n${end}`;
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from >= 0 && to > from) return page.slice(0, from) + made + page.slice(to + end.length);
  return `${page || '# Performance\n\n'}${made}\n`;
}
