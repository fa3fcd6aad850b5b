/** Prints the gate's checks of one backend as JSON, for test/gate.test.ts: inside a test runner the same takes five times as long. */
import { useBackend } from '../models/digits/backend.js';
import { BACKENDS } from '../models/digits/task.js';
import { gate } from './gate.js';

const backend = BACKENDS.find((name) => name === process.argv[2]);
if (!backend) throw new Error(`The backend must be one of ${BACKENDS.join(', ')}.`);
await useBackend(backend);
console.log(JSON.stringify(await gate()));
