/** Links the layers of a model to what they read. */
import { type Container, givenBy, isChain, type Member, pick } from './container.js';
import type { GraphNode, Reading } from './node.js';

/** What each input of a model reads, for each use of the model. */
function perInput(uses: readonly Reading[]): Reading[][] {
  const inputs: Reading[][] = [];
  for (const use of uses) {
    use.forEach((tensor, i) => {
      inputs[i] ??= [];
      inputs[i].push([tensor]);
    });
  }
  return inputs;
}

function connect(node: GraphNode, uses: readonly Reading[]): void {
  node.sources = uses[0] ?? [];
  const before = new Set(uses.flatMap((use) => use.flatMap((tensor) => tensor?.node ?? [])));
  for (const one of before) {
    node.from.push(one);
    one.to.push(node);
  }
}

function enter(member: Member, uses: readonly Reading[]): void {
  if (member.node) connect(member.node, uses);
  else link(member.container, uses);
}

/** `uses` is what the model reads each time that it is used. */
export function link({ part, members, byName }: Container, uses: readonly Reading[]): void {
  if (isChain(part)) {
    members.forEach((member, i) => {
      const before = members[i - 1];
      enter(member, before ? [givenBy(before)] : uses);
    });
    return;
  }
  const fed = perInput(uses);
  const starts = new Map<string, number>();
  part.starts?.forEach((name, i) => void (starts.has(name) || starts.set(name, i)));
  for (const member of members) {
    const own = member.part.calls.map(({ from }) => from.map((source) => pick(byName, source)));
    const reads = own.some((use) => use.some((tensor) => tensor !== undefined));
    enter(member, reads ? own : (fed[starts.get(member.part.name) ?? -1] ?? own));
  }
}
