import { bundle, type Content, serve as servePage, wasmBinary } from '../../scripts/server.js';
import { readFixtures } from './fixtures.js';

/** The page's server. */

/** With an icon, which the browser would ask for. */
const PAGE = '<!doctype html><meta charset=utf-8><link rel=icon href=data:,><script src=page.js></script>';

/** Serves a page whose script is made of `entry`. */
export async function serve(entry = 'test/browser/page.ts') {
  const script = await bundle(entry);
  const contentOf = (path: string): Content | undefined => {
    if (path === '/') return { type: 'text/html', body: PAGE };
    if (path === '/page.js') return { type: 'text/javascript', body: script };
    if (path === '/fixtures.json') return { type: 'application/json', body: JSON.stringify(readFixtures()) };
    return wasmBinary(path);
  };
  return servePage(contentOf);
}
