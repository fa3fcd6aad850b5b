/** The Node entry point: what needs a file system. Everything else of the package runs in browsers too. */
export { fileSystem } from './file-system.js';
