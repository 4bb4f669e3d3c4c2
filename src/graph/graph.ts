import { byCodeUnit } from '../domain/compare.ts';
import type { Digest } from '../domain/digest.ts';
import type { Manifest } from '../domain/inventory.ts';
import { isSignatureType } from '../domain/media-types.ts';
import { attachmentTagSubject, isFallbackTag, isSignatureTag } from '../domain/tag.ts';

/** One manifest with its place among the others. Every list is sorted by digest and holds only what is present in the repository. */
export interface Node {
  readonly manifest: Manifest;
  /** Its tags that are not attachment tags, sorted. */
  readonly ordinaryTags: readonly string[];
  /** It has a subject, or an attachment tag. */
  readonly isAttachment: boolean;
  /** A signature is attached to it, or the registry says so. */
  readonly signed: boolean;
  /** The indexes that list it. */
  readonly parents: readonly Node[];
  readonly children: readonly Node[];
  readonly attachments: readonly Node[];
  readonly subjects: readonly Node[];
}

/** All manifests of a repository, by digest in ascending order, with the edges between them. */
export interface Graph {
  readonly nodes: ReadonlyMap<Digest, Node>;
  /** The indexes that list a digest, which itself need not be present, and the indexes above these. */
  readonly indexesHolding: (digest: Digest) => ReadonlySet<Node>;
}

/**
 * Builds the graph: index → children, subject ← attachments (a `subject` field, a cosign tag, a fallback tag's index). A manifest that names
 * itself is no edge.
 */
export function buildGraph(manifests: readonly Manifest[]): Graph {
  const nodes = new Map<Digest, MutableNode>();
  for (const manifest of manifests.toSorted((a, b) => byCodeUnit(a.digest, b.digest))) {
    const ordinaryTags = manifest.tags.filter((tag) => attachmentTagSubject(tag) === undefined).toSorted(byCodeUnit);
    nodes.set(manifest.digest, {
      manifest,
      ordinaryTags,
      isAttachment: manifest.subject !== undefined || ordinaryTags.length < manifest.tags.length,
      signed: manifest.signed === true,
      parents: [],
      children: [],
      attachments: [],
      subjects: [],
    });
  }
  /** The indexes that list what is not present. */
  const absent = new Map<Digest, MutableNode[]>();
  for (const node of nodes.values()) {
    for (const digest of distinct(node.manifest.children)) {
      if (digest === node.manifest.digest) continue;
      const child = nodes.get(digest);
      if (child) {
        node.children.push(child);
        child.parents.push(node);
      } else {
        const others = absent.get(digest);
        if (others) others.push(node);
        else absent.set(digest, [node]);
      }
    }
    for (const digest of subjectDigests(node.manifest)) {
      const subject = nodes.get(digest);
      if (!subject || subject === node) continue;
      node.subjects.push(subject);
      subject.attachments.push(node);
    }
  }
  for (const node of nodes.values()) if (node.attachments.some((attachment) => isSignatureOf(attachment, node))) node.signed = true;
  return {
    nodes,
    indexesHolding: (digest) => {
      const found = new Set<Node>();
      const pending = [digest];
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        for (const index of nodes.get(next)?.parents ?? absent.get(next) ?? []) {
          if (found.has(index)) continue;
          found.add(index);
          pending.push(index.manifest.digest);
        }
      }
      return found;
    },
  };
}

type MutableNode = { -readonly [Key in keyof Node]: Node[Key] extends readonly Node[] ? MutableNode[] : Node[Key] };

/** The digests that a manifest is attached to, by field and by tag, sorted. */
function subjectDigests({ tags, subject }: Manifest): readonly Digest[] {
  const found = subject === undefined ? [] : [subject];
  for (const tag of tags) {
    const digest = attachmentTagSubject(tag);
    if (digest !== undefined) found.push(digest);
  }
  return distinct(found);
}

/** Each once, sorted. Of a hundred thousand manifests nearly all name no other, or one. */
function distinct(digests: readonly Digest[]): readonly Digest[] {
  return digests.length < 2 ? digests : [...new Set(digests)].toSorted(byCodeUnit);
}

/** A cosign `.sig` tag, a signature by its artifact type, or a fallback tag's index that lists one. */
function isSignatureOf({ manifest, children }: Node, subject: Node): boolean {
  const isSignature = ({ artifactType }: Manifest): boolean => artifactType !== undefined && isSignatureType(artifactType);
  const tags = manifest.tags.filter((tag) => attachmentTagSubject(tag) === subject.manifest.digest);
  return (
    isSignature(manifest) ||
    tags.some(isSignatureTag) ||
    (tags.some(isFallbackTag) && children.some((child) => isSignature(child.manifest)))
  );
}
