import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { problem } from '../core/errors.js';

/** Where one saved model lies. */
export interface ModelFiles {
  readonly folder: string;
  /** The model file's name in the folder. */
  readonly json: string;
  /** Who complains in an error: the handler and the path it was given. */
  readonly subject: string;
}

/** A path, or the path of a file URL, which tfjs-node writes as a string. */
function localPath(path: string | URL): string {
  const url = typeof path === 'string' && /^[a-z][a-z0-9+.-]*:\/\//i.test(path) ? parsed(path) : path;
  if (typeof url === 'string') return url;
  if (url.protocol === 'file:') return fileURLToPath(url);
  throw problem('fileSystem', 'a URL must be of the scheme file:', { path: url.href }, 'tf.io.http reads the others.');
}

function parsed(path: string): URL {
  const relative = /^file:\/\/(\.{1,2}\/.*|[^/].*)$/i.exec(path);
  return relative ? pathToFileURL(relative[1] as string) : new URL(path);
}

/** A path that ends in `.json` names the model file; any other names the folder of a `model.json`. */
export function modelFiles(path: string | URL): ModelFiles {
  if (typeof path !== 'string' && !(path instanceof URL)) {
    throw problem('fileSystem', 'path must be a string or a file URL', { path }, "Try fileSystem('models/digits').");
  }
  const given = localPath(path);
  if (given === '' || given.includes('\0')) {
    throw problem('fileSystem', 'path must name a folder or a .json file', { path: given });
  }
  const full = resolve(given);
  const json = given.endsWith('.json') ? full : join(full, 'model.json');
  return { folder: dirname(json), json: basename(json), subject: `fileSystem ${JSON.stringify(given)}` };
}
