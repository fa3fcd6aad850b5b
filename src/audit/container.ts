/** Models within a model, whose layers stand in its graph. */
import type { GraphNode, Reading } from './node.js';
import type { Part, Source } from './part.js';

/** A model within: what reads it reads its ends. */
export interface Container {
  readonly part: Part;
  readonly members: readonly Member[];
  readonly byName: ReadonlyMap<string, Member>;
  /** What it gives, in the order of its outputs. */
  readonly ends: Reading;
}

/** A layer of a model, or a model in it. */
export type Member = { readonly part: Part } & (
  | { readonly node: GraphNode; readonly container?: undefined }
  | { readonly container: Container; readonly node?: undefined }
);

/** What a member gives. */
export const givenBy = (member: Member): Reading =>
  member.container?.ends ?? [{ node: member.node as GraphNode, at: 0 }];

/** One of the results of a member of a model. */
export function pick(byName: ReadonlyMap<string, Member>, { name, at }: Source): Reading[number] {
  const member = byName.get(name);
  if (!member) return undefined;
  return member.node ? { node: member.node, at } : member.container.ends[at];
}

export const isChain = (part: Part): boolean => part.className === 'Sequential' || !part.starts?.length;

/** The layers of a model and of those in it, without what wrappers hold. */
export const standing = ({ members }: Container): GraphNode[] =>
  members.flatMap((member) => member.node ?? standing(member.container));
