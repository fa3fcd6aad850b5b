import { serialization } from '@tensorflow/tfjs-core';
import { problem } from '../core/errors.js';
import { OURS } from '../norms.js';

type SerializableClass = serialization.SerializableConstructor<serialization.Serializable> & { className: string };

/** A user's `tf` object: what holds the registry the loader reads, one per copy of tfjs. */
export interface HasSerialization {
  readonly serialization: typeof serialization;
}

/** What to do where a name belongs to somebody else's class: complain, leave theirs, or put ours. */
export type OnConflict = 'throw' | 'keep' | 'replace';

type ClassMap = serialization.SerializationMap['classNameMap'];

/** The loader looks a class up here by its bare name; the package argument of `registerClass` plays no part in it. */
export function classMap(tf: HasSerialization = { serialization }): ClassMap {
  if (!tf?.serialization?.SerializationMap) {
    throw problem('register', 'tf must be a TensorFlow.js object', {}, 'Pass the tf that you load models with.');
  }
  return tf.serialization.SerializationMap.getMap().classNameMap;
}

function isOurs(cls: unknown): boolean {
  return (cls as { [OURS]?: boolean })[OURS] === true;
}

/** A class, a name it is found under, and what makes it of a configuration under that name. */
export interface Entry {
  readonly name: string;
  readonly cls: SerializableClass;
  readonly read: SerializableClass['fromConfig'];
}

const POLICIES: readonly unknown[] = ['throw', 'keep', 'replace'] satisfies OnConflict[];

export function checkPolicy(onConflict: unknown): void {
  if (POLICIES.includes(onConflict)) return;
  throw problem('register', 'unknown onConflict', { onConflict }, `Use one of ${POLICIES.join(', ')}.`);
}

/** Puts a class under a name, unless a copy of this package has, or a stranger is there and is to be kept. */
export function enter(map: ClassMap, { name, cls, read }: Entry, onConflict: OnConflict): void {
  const there = Object.hasOwn(map, name) ? map[name]?.[0] : undefined;
  if (there && isOurs(there)) return;
  if (there && onConflict === 'keep') return;
  if (there && onConflict === 'throw') {
    throw problem(
      'register',
      'another class is registered under this name, and models saved with it would load as ours',
      { name },
      "Import from 'tfjs-normalization/layers', which registers nothing, and call register(tf, { onConflict: 'keep' }) or 'replace'.",
    );
  }
  map[name] = [cls, read];
}
