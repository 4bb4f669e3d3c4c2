import type { Digest } from '../domain/digest.ts';
import type { Node } from '../graph/graph.ts';
import type { Policy } from '../policy/policy.ts';
import type { DecisionInput } from './decision-input.ts';
import { inUseDigests } from './in-use-digests.ts';
import type { Reason } from './reason.ts';
import type { Staying } from './staying.ts';
import type { Times } from './time.ts';

/** Step 3 of the decision: protection wins over every rule. Writes down what protects whole images, and what protects attachment tags. */
export function protect(input: DecisionInput, staying: Staying): void {
  const users = usersOf(input);
  const protectedNodes: Node[] = [];
  staying.graph.nodes.forEach((node) => {
    const reasons = protectionOf(node, input, users.get(node));
    if (reasons.length > 0) {
      staying.note(node).protection = reasons;
      protectedNodes.push(node);
      // Nobody asks about the tags of such an image, and yet an entry that holds one of them has not been written in vain.
      for (const tag of node.ordinaryTags) entryFor(tag, input);
    }
    if (node.attachmentTags.length === 0) return;
    const held = node.attachmentTags.flatMap((tag) => protectionOfTag(node, tag, input) ?? []);
    if (held.length > 0) staying.note(node).heldTags = held;
  });
  protectIndexes(protectedNodes, staying);
}

/** What protects one tag alone. */
export function protectionOfTag({ manifest }: Node, tag: string, input: DecisionInput): Reason | undefined {
  const entry = entryFor(tag, input);
  if (entry) return { code: 'protected_tag', tag, by: entry.text };
  return manifest.lockedTags?.includes(tag) ? { code: 'locked', tag } : undefined;
}

/** The first entry that holds a tag. All that hold it are noted as matched. */
function entryFor(tag: string, { policy, matched }: DecisionInput): Policy['protect']['tags'][number] | undefined {
  let first: Policy['protect']['tags'][number] | undefined;
  for (const entry of policy.protect.tags) {
    if ((first && matched.entries.has(entry)) || !entry.matches(tag)) continue;
    matched.entries.add(entry);
    first ??= entry;
  }
  return first;
}

/** What protects a manifest itself. */
function protectionOf(node: Node, input: DecisionInput, users: ReadonlySet<string> | undefined): readonly Reason[] {
  const { manifest } = node;
  const { policy, times, matched } = input;
  const { tags, digests, labels, signed } = policy.protect;
  const reasons: Reason[] = [];
  if (users) reasons.push({ code: 'in_use', by: named(users) });
  if (manifest.locked === true) reasons.push({ code: 'locked' });
  // An attachment tag goes only with its manifest, and that the registry refuses while the tag is locked.
  for (const tag of node.attachmentTags) if (manifest.lockedTags?.includes(tag)) reasons.push({ code: 'locked', tag });
  if (tags.some(({ wholeImage }) => wholeImage)) {
    for (const tag of [...node.ordinaryTags, ...node.attachmentTags]) {
      const entry = tags.find(({ wholeImage, matches }) => wholeImage && matches(tag));
      if (!entry) continue;
      matched.entries.add(entry);
      reasons.push({ code: 'protected_tag', tag, by: entry.text });
      break;
    }
  }
  if (digests.has(manifest.digest)) {
    matched.digests.add(manifest.digest);
    reasons.push({ code: 'protected_digest', by: manifest.digest });
  }
  if (labels.length > 0 && manifest.labels) {
    const held = labels.filter(({ matches }) => matches(manifest.labels));
    for (const entry of held) matched.entries.add(entry);
    if (held[0]) reasons.push({ code: 'protected_label', by: held[0].text });
  }
  // Where it is not known whether something is signed, it may be.
  if (signed && node.signed !== false) {
    if (node.signed) matched.signed = true;
    reasons.push({ code: 'protected_signed' });
  }
  const newest = newestTime(node, times, policy.grace);
  if (newest) reasons.push({ code: 'grace', time: newest });
  return reasons;
}

/**
 * The newest known time at which something happened to a manifest, if it is not longer ago than so many milliseconds: it was pushed,
 * tagged, taken out of an archive, first seen by this program.
 */
function newestTime(node: Node, times: Times, grace: number): string | undefined {
  const { tags, tagTimes, firstSeen, unarchivedAt } = node.manifest;
  const pushed = times.pushed(node);
  const isNew = pushed !== undefined && pushed >= times.now - grace;
  let newest = isNew ? times.pushedText(node) : undefined;
  // Most registries tell nothing else.
  if (unarchivedAt === undefined && !tagTimes && !firstSeen) return newest;
  let after = isNew ? pushed : times.now - grace;
  const consider = (text: string | undefined): void => {
    const time = times.known(text);
    if (time === undefined || time < after || (newest !== undefined && time === after)) return;
    newest = text;
    after = time;
  };
  if (unarchivedAt !== undefined) consider(unarchivedAt);
  for (const byTag of [tagTimes, firstSeen]) {
    if (byTag) for (const tag of tags) if (Object.hasOwn(byTag, tag)) consider(byTag[tag]);
  }
  return newest;
}

/** What protects a manifest protects every index that holds it, to any depth. */
function protectIndexes(protectedNodes: readonly Node[], staying: Staying): void {
  for (const node of protectedNodes) {
    // What is in use was followed up to its indexes already.
    const reasons = (staying.of(node).protection as readonly Reason[]).filter(({ code }) => code !== 'in_use');
    const pending = reasons.length > 0 ? [...node.parents] : [];
    for (let index = pending.pop(); index; index = pending.pop()) {
      const finding = staying.note(index);
      const known = finding.protection ?? [];
      const inherited = reasons
        .filter(({ code }) => known.every((reason) => reason.code !== code))
        .map(({ code, time }): Reason => ({ code, ...(time !== undefined && { time }), by: node.manifest.digest }));
      if (inherited.length === 0) continue;
      finding.protection = [...known, ...inherited];
      for (const parent of index.parents) pending.push(parent);
    }
  }
}

/**
 * Who uses what: the manifest itself, every index that holds it, and every image whose config digest it is (with the indexes that hold
 * that).
 */
function usersOf({ repository, graph, inUse }: DecisionInput): ReadonlyMap<Node, ReadonlySet<string>> {
  const users = new Map<Node, ReadonlySet<string>>();
  if (inUse.images.length === 0) return users;
  const sources = new Map<Digest, Set<string>>();
  for (const { digest, source } of inUseDigests(repository, inUse)) {
    const known = sources.get(digest);
    if (known) known.add(source);
    else sources.set(digest, new Set([source]));
  }
  const add = (node: Node, more: ReadonlySet<string>): void => {
    const known = users.get(node);
    users.set(node, known && known !== more ? new Set([...known, ...more]) : more);
  };
  const addWithIndexes = (node: Node | undefined, digest: Digest, more: ReadonlySet<string>): void => {
    if (node) add(node, more);
    for (const index of graph.indexesHolding(digest)) add(index, more);
  };
  for (const [digest, more] of sources) addWithIndexes(graph.find(digest), digest, more);
  for (const node of graph.nodes) {
    const more = node.manifest.config === undefined ? undefined : sources.get(node.manifest.config);
    if (more) addWithIndexes(node, node.manifest.digest, more);
  }
  return users;
}

/** The first by text, so that the order in which they came does not matter, and how many more there are. */
function named(sources: ReadonlySet<string>): string {
  const first = [...sources].reduce((least, source) => (source < least ? source : least));
  return sources.size === 1 ? first : `${first}, and ${sources.size - 1} more`;
}
