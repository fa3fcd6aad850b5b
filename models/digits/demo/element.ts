export { drawn, element } from '../../../src/monitor/element.js';

/** An element that the page has from the start. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found as unknown as E;
}
