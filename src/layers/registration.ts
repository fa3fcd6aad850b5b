import type { serialization } from '@tensorflow/tfjs-core';
import { NORMS } from '../norms.js';
import { checkPolicy, classMap, enter, type HasSerialization, type OnConflict } from '../serialization/registry.js';
import { CLASSES } from './classes.js';

type Registrable = serialization.SerializableConstructor<serialization.Serializable> & { className: string };

/** A class can read the files that hold it under another name in a way of its own. */
type Readers = Registrable & { fromAliasConfig?: Registrable['fromConfig'] };

const classOf = (id: keyof typeof CLASSES) => CLASSES[id] as unknown as Readers;

/** Every name of the table with its class and its reader. */
function entries() {
  return NORMS.flatMap(({ id, className, aliases }) => {
    const cls = classOf(id);
    const foreign = aliases.map((name) => ({ name, cls, read: cls.fromAliasConfig ?? cls.fromConfig }));
    return [{ name: className, cls, read: cls.fromConfig }, ...foreign];
  });
}

/**
 * Registers every layer class, and the names under which other packages' files hold it, so that `tf.loadLayersModel`
 * finds them. Importing `tfjs-normalization` does it for the tfjs it imports; call it for a second copy of tfjs.
 * Calling it again changes nothing.
 *
 * @param tf The `tf` object whose loader is to know the classes. @default the imported tfjs
 * @param options.onConflict What to do where a name belongs to another package's class: `'throw'`, `'keep'` theirs, or
 *   `'replace'` it. @default 'throw'
 * @throws NormalizationError where another package's class holds a name; nothing is registered then.
 *
 * @example
 * ```js
 * register(tf, { onConflict: 'keep' });
 * ```
 */
export function register(tf?: HasSerialization, { onConflict = 'throw' }: { onConflict?: OnConflict } = {}): void {
  checkPolicy(onConflict);
  const map = classMap(tf);
  const trial = { ...map }; // a refused name must not leave half of them registered
  for (const entry of entries()) enter(trial, entry, onConflict);
  for (const entry of entries()) enter(map, entry, onConflict);
}

type ClassMap = ReturnType<typeof classMap>;

/** How many replacements of a registry are not undone, and what was there before the first. */
const REPLACEMENTS = new WeakMap<ClassMap, { count: number; stock: Record<string, ClassMap[string] | undefined> }>();

/**
 * Lets files with the standard names `BatchNormalization` and `LayerNormalization` load as this package's layers, which
 * are right where the stock ones are not. Opt-in, since it changes what every later `loadLayersModel` gives.
 *
 * @param tf The `tf` object whose loader is meant. @default the imported tfjs
 * @returns The undo. The stock classes are back when every replacement is undone.
 *
 * @example
 * ```js
 * const undo = replaceStockNormalization();
 * // const model = await tf.loadLayersModel(url);
 * undo();
 * ```
 */
export function replaceStockNormalization(tf?: HasSerialization): () => void {
  const map = classMap(tf);
  const active = REPLACEMENTS.get(map) ?? { count: 0, stock: {} };
  REPLACEMENTS.set(map, active);
  const standard = NORMS.flatMap(({ id, stockClassName: name }) => (name ? [{ name, cls: classOf(id) }] : []));
  for (const { name, cls } of standard) {
    if (active.count === 0) active.stock[name] = map[name];
    map[name] = [cls, cls.fromConfig];
  }
  active.count++;
  let undone = false;
  return () => {
    if (undone) return;
    undone = true;
    active.count--;
    if (active.count > 0) return;
    for (const { name, cls } of standard) {
      const before = active.stock[name];
      if (map[name]?.[0] !== cls) continue; // somebody has replaced ours since
      if (before) map[name] = before;
      else delete map[name];
    }
  };
}
