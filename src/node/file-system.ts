import { io } from '@tensorflow/tfjs-core';
import { modelFiles } from './paths.js';
import { readModel } from './read.js';
import { writeModel } from './write.js';

/**
 * Saves models to, and loads them from, the local file system in the standard TensorFlow.js layers format.
 *
 * Saving never leaves a broken model behind: the weights go to a file named after their content, and only when they
 * are safely there does the new model file replace the old one, in one step. A failure at any point leaves the model
 * that was there before. Loading reads nothing outside the model's folder, and allocates memory only for weights
 * whose files have exactly the declared size.
 *
 * @param path A folder (its model file is `model.json`) or the path of the model file (`….json`).
 * @returns A handler for `model.save` and `tf.loadLayersModel`.
 * @example
 * ```js
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
 * await model.save(fileSystem('models/line'));
 * const same = await tf.loadLayersModel(fileSystem('models/line'));
 * ```
 */
export function fileSystem(path: string | URL): io.IOHandler {
  const files = modelFiles(path);
  return {
    save: async (artifacts) => {
      await writeModel(files, artifacts);
      return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
    },
    load: () => readModel(files),
  };
}
