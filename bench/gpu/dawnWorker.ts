import { provideDawn } from '../../test/browser/dawnGlobals.js';
import type { Calls } from './device.js';

/** The process that `dawnSession.ts` starts and asks by messages. */

await provideDawn();
await import('@tensorflow/tfjs-backend-webgpu');
const { calls } = await import('./device.js');

type Asked = { readonly [K in keyof Calls]: readonly [K, ...Parameters<Calls[K]>] }[keyof Calls];

process.on('message', async ([name, ...args]: Asked) => {
  try {
    const call = calls[name] as (...given: unknown[]) => Promise<unknown>;
    process.send?.({ value: await call(...args) });
  } catch (error) {
    process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

process.on('disconnect', () => {
  // Dawn keeps the process alive, and crashes where it is released with the process.
  Reflect.deleteProperty(globalThis, 'navigator');
  process.exit();
});
