import type { Training } from '../task.js';
import type { Epoch, Progress } from '../train.js';

/** What page and workers say to each other. */

export const PAGE_BACKENDS = ['wasm', 'webgl', 'webgpu', 'cpu'] as const;
export type PageBackend = (typeof PAGE_BACKENDS)[number];

export type Request =
  | { readonly kind: 'probe' }
  | { readonly kind: 'train'; readonly task: Training; readonly backend: PageBackend };

/** To `probe` one `backend` each; to `train` any number of `progress` and `epoch`. Then `done`, or `failed` at any time. */
export type Report =
  | { readonly kind: 'backend'; readonly backend: PageBackend; readonly unavailable: string | null }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'epoch'; readonly epoch: Epoch }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string };
