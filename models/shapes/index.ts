export { detector } from './detector.js';
export { critic, generator } from './gan.js';
export { lenet } from './lenet.js';
export { lstm } from './lstm.js';
export type { Norm } from './norm.js';
export { resnet } from './resnet.js';
export { transformer } from './transformer.js';
export { unet } from './unet.js';
export { vit } from './vit.js';
