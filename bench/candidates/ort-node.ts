import { type Ort, ortCandidate } from './ort.js';
import { importPeer, notInstalled } from './peer.js';
import type { Absent, Candidate, Problem } from './types.js';

/** Native code, one thread. `npm ci --ignore-scripts` is enough: the binary for the cpu comes with the package. */
export async function ortNodeCandidate(problem: Problem): Promise<Candidate | Absent | undefined> {
  const ort = await importPeer<Ort>('onnxruntime-node');
  return ort ? ortCandidate('ort-node', ort, problem) : notInstalled('ort-node');
}
