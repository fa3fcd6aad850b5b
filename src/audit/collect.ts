/** Takes a model apart into nodes: models inside it, and what wrappers hold, too. */
import { type Container, givenBy, isChain, type Member, pick, standing } from './container.js';
import { link } from './link.js';
import { type GraphNode, type Inside, nodeOf, type Reading } from './node.js';
import { option, type Part } from './part.js';

function endsOf(part: Part, byName: ReadonlyMap<string, Member>, last: Member | undefined): Reading {
  const named = isChain(part) ? [] : (part.ends ?? []).map((source) => pick(byName, source));
  if (named.some((tensor) => tensor !== undefined)) return named;
  return last ? givenBy(last) : [];
}

const isFixed = ({ config }: Part) => option(config, 'trainable') === false;

/** What models and wrappers hand down to what they hold. */
interface Place {
  readonly prefix: string;
  readonly holder: GraphNode | undefined;
  readonly frozen: boolean;
}

/** Makes the nodes of a model, and adds them to `all`. */
export function collect(part: Part, place: Place, all: GraphNode[]): Container {
  const members = (part.parts ?? []).map((inner) => memberOf(inner, place, all));
  const byName = new Map<string, Member>();
  for (const member of members) if (!byName.has(member.part.name)) byName.set(member.part.name, member);
  return { part, members, byName, ends: endsOf(part, byName, members[members.length - 1]) };
}

function memberOf(part: Part, place: Place, all: GraphNode[]): Member {
  const path = `${place.prefix}${part.name}`;
  if (!part.parts) return { part, node: enter(part, path, place, all) };
  return {
    part,
    container: collect(part, { ...place, prefix: `${path}/`, frozen: place.frozen || isFixed(part) }, all),
  };
}

/** Makes the node of a layer, and those of what it holds. */
function enter(part: Part, path: string, { holder, frozen }: Place, all: GraphNode[]): GraphNode {
  const node = nodeOf(part, path, holder, frozen);
  all.push(node);
  for (const held of part.held ?? []) {
    const member = memberOf(held, { prefix: `${path}/`, holder: node, frozen: node.frozen }, all);
    if (member.node) node.held.push(member.node);
    else {
      const inside = insideOf(member.container);
      node.inside ??= inside;
    }
  }
  return node;
}

function insideOf(container: Container): Inside {
  link(container, []);
  const nodes = standing(container);
  return { nodes, start: nodes.find(({ from }) => from.length === 0), end: container.ends[0]?.node };
}
