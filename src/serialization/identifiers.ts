import type { serialization } from '@tensorflow/tfjs-core';
import { type constraints, type initializers, layers, regularizers } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';

/**
 * Strings, dictionaries or instances that name an initializer, a regularizer or a constraint. tfjs-layers does not
 * export what resolves them; a stock layer that is thrown away does it through its public fields. The only file that
 * knows.
 */
export type Identifier = string | object | null | undefined;

export interface Identified {
  readonly initializer: ReturnType<typeof initializers.zeros>;
  readonly regularizer: ReturnType<typeof regularizers.l1l2> | null;
  readonly constraint: ReturnType<typeof constraints.nonNeg> | null;
}

/** Keras names its one-sided regularizers `L1` and `L2`; tfjs registers only `L1L2`. */
function kerasRegularizer(identifier: Identifier): Identifier {
  if (identifier === null || identifier === undefined) return identifier;
  const named = identifier as { className?: string; config?: Record<string, number> };
  const name = typeof identifier === 'string' ? identifier : named.className;
  const config = typeof identifier === 'string' ? {} : named.config;
  if (name === 'L1' || name === 'l1') return regularizers.l1(config as { l1: number });
  if (name === 'L2' || name === 'l2') return regularizers.l2(config as { l2: number });
  return identifier;
}

/** The host writes into the dictionary it resolves: it gets a copy of the caller's. */
function copied(identifier: Identifier): Identifier {
  const { className, config } = (identifier ?? {}) as { className?: unknown; config?: object };
  const dictionary = typeof className === 'string' && typeof config === 'object';
  return dictionary ? { className, config: { ...config } } : identifier;
}

/** Resolves the three identifiers of one weight. */
export function identify(
  subject: string,
  option: string,
  given: { initializer: Identifier; regularizer: Identifier; constraint: Identifier },
): Identified {
  const resolve = <T>(part: string, value: Identifier, f: () => T): T => {
    try {
      return f();
    } catch (error) {
      const name = `${option}${part}`;
      throw problem(
        subject,
        `${name} must be the name, the configuration or an instance of one`,
        { [name]: value },
        (error as Error).message,
      );
    }
  };
  const stock = (args: object) =>
    layers.batchNormalization({ ...args, name: 'identifiers' }) as unknown as Record<string, unknown>;
  const initializer = copied(given.initializer);
  const regularizer = copied(given.regularizer);
  const constraint = copied(given.constraint);
  return {
    initializer: resolve('Initializer', initializer, () => {
      return stock({ gammaInitializer: initializer }).gammaInitializer as Identified['initializer'];
    }),
    regularizer: resolve('Regularizer', regularizer, () => {
      return (stock({ gammaRegularizer: kerasRegularizer(regularizer) }).gammaRegularizer ??
        null) as Identified['regularizer'];
    }),
    constraint: resolve('Constraint', constraint, () => {
      return (stock({ gammaConstraint: constraint }).gammaConstraint ?? null) as Identified['constraint'];
    }),
  };
}

/** `{className, config}`, as Keras and tfjs write them; null stays null. */
export function serializeIdentified(value: serialization.Serializable | null): serialization.ConfigDict | null {
  if (value === null) return null;
  return { className: value.getClassName(), config: value.getConfig() };
}
