import { type Ort, ortCandidate } from './ort.js';
import { importPeer, notInstalled } from './peer.js';
import type { Absent, Candidate, Problem } from './types.js';

/** The wasm build, one thread. */
export async function ortWebCandidate(problem: Problem): Promise<Candidate | Absent | undefined> {
  const ort = await importPeer<Ort>('onnxruntime-web');
  if (!ort) return notInstalled('ort-web');
  ort.env.wasm.numThreads = 1;
  return ortCandidate('ort-web', ort, problem);
}
