import { anchors } from './anchors.js';
import { baselineCandidate } from './baseline.js';
import { jaxCandidate } from './jax.js';
import { ortNodeCandidate } from './ort-node.js';
import { ortWebCandidate } from './ort-web.js';
import { ourCandidates } from './ours.js';
import { stockCandidate } from './stock.js';
import type { Inputs } from './tensors.js';
import type { Absent, Candidate, CandidateName, Problem } from './types.js';

type Found = Candidate | Absent | undefined;

const PEERS: Partial<Record<CandidateName, (problem: Problem) => Promise<Found>>> = {
  'ort-node': ortNodeCandidate,
  'ort-web': ortWebCandidate,
  'jax-js': jaxCandidate,
};

/** Beside tfjs-node it is native ones that a user would take. */
const isPeer = (name: CandidateName, { backend }: Problem) => backend !== 'tensorflow' || name === 'ort-node';

const firstLine = (error: unknown) => String(error instanceof Error ? error.message : error).split('\n')[0] as string;

/** Everyone who can do a problem; who should be here and is not, with the reason. */
export async function makeCandidates(
  problem: Problem,
  inputs: Inputs,
  without: readonly CandidateName[],
): Promise<(Candidate | Absent)[]> {
  const wanted = (found: Found): found is Candidate | Absent => found !== undefined && !without.includes(found.name);
  const own = [
    ...anchors(problem, inputs),
    ...(await ourCandidates(problem, inputs)),
    baselineCandidate(problem, inputs),
  ];
  const found: Found[] = [...own, stockCandidate(problem, inputs)];
  for (const [name, make] of Object.entries(PEERS) as [CandidateName, (problem: Problem) => Promise<Found>][]) {
    if (without.includes(name) || !isPeer(name, problem)) continue;
    found.push(await make(problem).catch((error): Absent => ({ name, why: `failed: ${firstLine(error)}` })));
  }
  return found.filter(wanted);
}
