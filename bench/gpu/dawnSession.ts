import { fork } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findDawn, software } from '../../test/browser/dawnProcess.js';
import type { GpuBackend } from '../candidates/types.js';
import type { Adapter } from './adapter.js';
import type { Calls, Figures } from './device.js';
import type { Session } from './session.js';

/** Where Vulkan looks for drivers. */
const DRIVERS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const DEVICES = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

const chosen = () => process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
const isHere = (folder: string) => existsSync(folder) && readdirSync(folder).length > 0;

/** The driver that the environment names, else the system's where there is a GPU, else SwiftShader. */
function driver(): Record<string, string> {
  if (process.platform !== 'linux' || chosen()) return {};
  return DEVICES.some((device) => existsSync(device)) && DRIVERS.some(isHere) ? {} : software();
}

/** Dawn in a process of its own, which answers messages one after the other. */
export async function openDawn(backend: GpuBackend): Promise<Session> {
  const env = { ...process.env, DAWN: findDawn(), ...driver() };
  const worker = fork(fileURLToPath(new URL('./dawnWorker.ts', import.meta.url)), [], {
    execArgv: ['--import', 'tsx'],
    env,
    stdio: ['ignore', process.stderr.fd, 'inherit', 'ipc'],
  });
  const gone = new Promise<never>((_, reject) => {
    worker.once('exit', (code, signal) => reject(new Error(`Dawn's process ended: ${signal ?? `status ${code}`}`)));
    worker.once('error', reject);
  });
  gone.catch(() => {}); // told to whoever waits; at the end nobody does
  const call = async (...asked: [keyof Calls, ...unknown[]]): Promise<unknown> => {
    const answer = new Promise<{ value?: unknown; failure?: string }>((resolve) => {
      worker.once('message', (message) => resolve(message as object));
    });
    worker.send(asked);
    const { value, failure } = await Promise.race([answer, gone]);
    if (failure) throw new Error(failure);
    return value;
  };
  const close = async () => {
    if (worker.connected) worker.disconnect();
    await gone.catch(() => {});
  };
  try {
    const adapter = (await call('start', backend)) as Adapter;
    return { adapter, close, measure: (name, rounds) => call('measure', name, rounds) as Promise<Figures> };
  } catch (error) {
    await close();
    throw new Error(`Dawn could not start WebGPU. ${HINT}`, { cause: error });
  }
}

const HINT =
  'On Linux it needs Vulkan: libvulkan1 and the driver of the GPU, or Chromium, whose SwiftShader it can use. ' +
  'VK_DRIVER_FILES=/path/to/icd.json names a driver.';
