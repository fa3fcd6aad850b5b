import { pathToFileURL } from 'node:url';

interface Dawn {
  create(options: string[]): GPU;
  readonly globals: object;
}

/** WebGPU as a global, as a page has it. The backend registers itself only after this, where there is a navigator.gpu. */
export async function provideDawn(): Promise<void> {
  const { create, globals } = (await import(pathToFileURL(process.env.DAWN as string).href)) as Dawn;
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', {
    value: { ...globalThis.navigator, gpu: create([]) },
    configurable: true,
  });
}
