import type { LayersModel } from '@tensorflow/tfjs-layers';
import { problem } from '../core/errors.js';
import type { NormFactory } from './candidate.js';
import { type CompareOptions, DEFAULTS } from './compareOptions.js';
import { COMPARE } from './data.js';
import { metricIndex } from './metric.js';
import { release } from './trial.js';

/** Makes models one at a time, and knows which it has made. */
export function workshop({ build, compile, metric = DEFAULTS.metric }: CompareOptions) {
  const known = new WeakSet<object>();
  const once = (made: object, what: string) => {
    if (known.has(made)) {
      throw problem(
        COMPARE,
        `every run needs ${what} of its own`,
        {},
        `Make the ${what.split(' ').pop()} within build.`,
      );
    }
    known.add(made);
  };
  return async (norm: NormFactory, seed: number): Promise<LayersModel> => {
    const model = await build(norm, { seed });
    if (typeof (model as Partial<LayersModel> | null)?.trainOnBatch !== 'function') {
      throw problem(
        COMPARE,
        'build must return a model',
        { received: typeof model },
        'Return it uncompiled or compiled.',
      );
    }
    once(model, 'a model');
    try {
      if (!model.optimizer) {
        if (!compile) throw problem(COMPARE, 'the model is not compiled', {}, 'Compile it in build, or pass compile.');
        const { optimizer } = compile;
        model.compile({ ...compile, optimizer: typeof optimizer === 'function' ? optimizer() : optimizer });
      }
      once(model.optimizer, 'an optimizer');
      metricIndex(model, metric);
      return model;
    } catch (error) {
      release(model);
      throw error;
    }
  };
}
