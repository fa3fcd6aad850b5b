import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problem } from '../core/errors.js';

/** Where one saved model lies. */
export interface ModelFiles {
  readonly folder: string;
  /** The model file's name in the folder. */
  readonly json: string;
  /** Who complains in an error: the handler and the path it was given. */
  readonly subject: string;
}

/** A path that ends in `.json` names the model file; any other names the folder of a `model.json`. */
export function modelFiles(path: string | URL): ModelFiles {
  if (typeof path !== 'string' && !(path instanceof URL)) {
    throw problem('fileSystem', 'path must be a string or a file URL', { path }, "Try fileSystem('models/digits').");
  }
  if (path instanceof URL && path.protocol !== 'file:') {
    throw problem(
      'fileSystem',
      'a URL must be of the scheme file:',
      { path: path.href },
      'tf.io.http reads the others.',
    );
  }
  const given = path instanceof URL ? fileURLToPath(path) : path;
  if (given === '' || given.includes('\0')) {
    throw problem('fileSystem', 'path must name a folder or a .json file', { path: given });
  }
  const full = resolve(given);
  const json = given.endsWith('.json') ? full : join(full, 'model.json');
  return { folder: dirname(json), json: basename(json), subject: `fileSystem ${JSON.stringify(given)}` };
}
