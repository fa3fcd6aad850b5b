import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import * as tf from '@tensorflow/tfjs-core';

const PACKAGES = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-node',
  'onnxruntime-node',
  'onnxruntime-web',
  '@jax-js/jax',
  'tinybench',
];

/** What a figure depends on besides the code. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  readonly wasm: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** A package's manifest is not always exported, so it is looked for where the packages lie. */
export function versionOf(name: string): string {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string }).version;
    } catch {
      // not in this folder
    }
  }
  return 'not installed';
}

export async function describeMachine(): Promise<Machine> {
  const flag = async (name: string) => ((await tf.env().getAsync(name)) ? 'with' : 'without');
  const { model } = os.cpus()[0] ?? { model: 'unknown processor' };
  return {
    cpu: model.trim(),
    cores: os.cpus().length,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.platform()} ${os.arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    wasm: `${await flag('WASM_HAS_SIMD_SUPPORT')} SIMD, ${await flag('WASM_HAS_MULTITHREAD_SUPPORT')} threads`,
    versions: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  };
}

export function machineLines({ cpu, cores, memory, system, node, v8, wasm, versions }: Machine): string[] {
  return [
    `${cpu}, ${cores} cores, ${memory}, ${system}; Node ${node} (V8 ${v8}), wasm ${wasm}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ];
}
