import type { NormRow, WeightRow } from '../norms.js';
import { type Identified, type Identifier, identify, serializeIdentified } from '../serialization/identifiers.js';
import type { Options } from './options.js';

/** A weight with its initializer, regularizer and constraint resolved. */
export interface Parameter extends Identified {
  readonly row: WithOption;
}

const PARTS = ['initializer', 'regularizer', 'constraint'] as const;

type WithOption = WeightRow & { readonly option: string };

const hasOption = (row: WeightRow): row is WithOption => row.option !== undefined;

const optionName = (row: WithOption, part: string) => `${row.option}${part.charAt(0).toUpperCase()}${part.slice(1)}`;

/** Resolves the identifiers of every weight of a norm, whether it exists or not: they are part of the configuration. */
export function readParameters(
  subject: string,
  row: NormRow,
  args: Options,
  initial: Readonly<Record<string, string>> = {},
): Parameter[] {
  return row.weights.filter(hasOption).map((weight) => {
    const given = (part: string) => args[optionName(weight, part)] as Identifier;
    const identified = identify(subject, weight.option, {
      initializer: given('initializer') ?? initial[weight.name] ?? weight.initializer,
      regularizer: given('regularizer'),
      constraint: given('constraint'),
    });
    return { row: weight, ...identified };
  });
}

/** The parameters' part of a layer's configuration, under Keras's keys. */
export function parametersConfig(parameters: readonly Parameter[]): Options {
  const config: Options = {};
  for (const parameter of parameters) {
    for (const part of PARTS) {
      if (part !== 'initializer' && !parameter.row.trainable) continue;
      config[optionName(parameter.row, part)] = serializeIdentified(parameter[part]);
    }
  }
  return config;
}

/** Whether an option that Keras does not have is at its default, so that a file need not mention it. */
export function isDefault(key: string, value: unknown, byDefault: unknown): boolean {
  if (/(Regularizer|Constraint)$/.test(key)) return value === null;
  return JSON.stringify(value) === JSON.stringify(byDefault);
}
