/** The norms as subjects of a check: samples of a row of the table, and the ways to run them. */
export * from './running.js';
export * from './samples.js';
