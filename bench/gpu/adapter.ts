import * as tf from '@tensorflow/tfjs-core';

/** What computes, as the browser or Dawn calls it. */
export interface Adapter {
  readonly name: string;
  /** Computes on the processor: its times say nothing of a GPU. */
  readonly software: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

const named = (words: readonly (string | undefined)[]): Adapter => {
  const name = words.filter(Boolean).join(' · ') || 'an adapter without a name';
  return { name, software: SOFTWARE.test(name) };
};

async function webgpuAdapter(): Promise<Adapter> {
  // The backend keeps neither its adapter nor what it is called: asked alike, the browser gives the same one.
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, device, description } = adapter?.info ?? {};
  return named([vendor, architecture, device, description]);
}

interface WebGLBackend {
  readonly gpgpu: { readonly gl: WebGL2RenderingContext };
}

function webglAdapter(): Adapter {
  const { gl } = (tf.backend() as unknown as WebGLBackend).gpgpu;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return named([gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)]);
}

/** The adapter of the backend of the moment. */
export async function adapterOf(): Promise<Adapter> {
  return tf.getBackend() === 'webgpu' ? await webgpuAdapter() : webglAdapter();
}
