/** The one file with side effects: registers the layer classes with the tfjs it imports. */
import { register } from './layers/registration.js';

register();

export { register, replaceStockNormalization } from './layers/registration.js';
