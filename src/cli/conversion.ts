/** What convert and fold share: a new model from an old one. */
import { relative } from 'node:path';
import type { Conversion } from '../convert/report.js';
import { type Colors, type Host, UsageError } from './host.js';
import { linesOf, oneLine } from './print.js';
import { type Place, write } from './save.js';
import type { Opened } from './tfjs.js';

type Made = Omit<Conversion, 'model'>;

/** A copy of the old model is nothing to write. */
export function checkChanged({ replaced }: Made, verb: string): void {
  if (replaced.some(({ reason }) => !reason)) return;
  const [first] = replaced;
  const why = first ? `${first.path}: ${oneLine(first.reason ?? '')}` : 'no normalization layer is meant';
  throw new UsageError(`nothing was ${verb}, and nothing written; ${why}${why.endsWith('.') ? '' : '.'}`);
}

/** Its table, with the names of a model as no terminal obeys them, and warnings that are seen. */
export function conversionLines({ yellow, bold }: Colors, made: Made): string[] {
  return linesOf(String(made)).map((line, i) => {
    if (i === 0) return bold(line);
    return line.startsWith('warning:') ? yellow(line) : line;
  });
}

export const save = (host: Host, { node }: Opened, { model }: Conversion, place: Place): Promise<void> =>
  write(host, place, (folder) => model.save(node.fileSystem(folder)));

/** A folder as it was likely called. */
export const shownPath = ({ folder }: Place): string => {
  const path = relative('', folder);
  return path.startsWith('..') ? folder : path;
};
