import { digestKey, type DigestTag, isAttachedType, isCosignSuffix, isCosignTag, parseDigestTag } from '../domain/attachment.ts';
import { byCodeUnit } from '../domain/compare.ts';
import { type Digest, digestStart } from '../domain/digest.ts';
import type { Manifest } from '../domain/inventory.ts';
import { isIndexType, isSignatureType } from '../domain/media-types.ts';
import { sortedByNumber } from '../domain/sorted-by-number.ts';

/**
 * One manifest with its place among the others. Every list of nodes is sorted by digest and holds only what is present in the repository.
 */
export interface Node {
  /** Its place among the nodes of its graph, from 0. */
  readonly index: number;
  readonly manifest: Manifest;
  /** All its tags, sorted. */
  readonly tags: readonly string[];
  /** The tags that rules decide about, sorted. */
  readonly ordinaryTags: readonly string[];
  /** The tags that attach it to another manifest, sorted. */
  readonly attachmentTags: readonly string[];
  /** It has a subject, or an attachment tag. */
  readonly isAttachment: boolean;
  /** What it is attached to, present or not: digests as {@link digestKey} writes them, sorted. */
  readonly subjectKeys: readonly string[];
  /** Of these, what it signs: by its `.sig` tag or its artifact type, or as the index of a fallback tag that lists a signature. */
  readonly signedKeys: readonly string[];
  /** A signature is attached to it, or the registry says so. Undefined: signatures may be where this run has not read them. */
  readonly signed: boolean | undefined;
  /** The indexes that list it. */
  readonly parents: readonly Node[];
  readonly children: readonly Node[];
  readonly attachments: readonly Node[];
  readonly subjects: readonly Node[];
}

/** All manifests of a repository with the edges between them. */
export interface Graph {
  /** Sorted by digest. */
  readonly nodes: readonly Node[];
  readonly find: (digest: Digest) => Node | undefined;
  /** The indexes that list a digest, which itself need not be present, and the indexes above these. */
  readonly indexesHolding: (digest: Digest) => ReadonlySet<Node>;
}

/** Whether a digest is signed by something in another repository; undefined where that is not known. */
export type SignedElsewhere = (digest: Digest) => boolean | undefined;

/**
 * Builds the graph: index → children, subject ← attachments (a `subject` field, or an attachment tag). A manifest that names itself is not
 * its own child or subject.
 */
export function buildGraph(manifests: readonly Manifest[], signedElsewhere: SignedElsewhere = () => false): Graph {
  const nodes = sortedByDigest(manifests).map((manifest, index) => new MutableNode(manifest, index));
  const byDigest = new Map<string, MutableNode>();
  const lookUp = keyLookup(nodes, byDigest);
  // Not in loops: V8 compiles a long loop while it runs, with all that it calls, and does so again for each further one.
  nodes.forEach((node) => byDigest.set(node.manifest.digest, node));
  nodes.forEach((node) => addChildren(node, byDigest));
  nodes.forEach((node) => addSubjects(node, readTags(node, lookUp), lookUp));
  nodes.forEach((node) => setSigned(node, signedElsewhere));
  return { nodes, find: (digest) => byDigest.get(digest), indexesHolding: indexesHoldingIn(nodes, byDigest) };
}

/** The digests, as {@link digestKey} writes them, that something in this graph signs, present here or not. */
export function signedKeys({ nodes }: Graph): Set<string> {
  const keys = new Set<string>();
  for (const node of nodes) for (const key of node.signedKeys) keys.add(key);
  return keys;
}

/** One list for all nodes without an edge of a kind: most have none, and it is replaced, never written to. */
const NONE: MutableNode[] = [];
const NO_TEXTS: readonly string[] = [];
const NO_DIGEST_TAGS: readonly DigestTag[] = [];

/** A class, so that all nodes have one shape whatever their lists hold. */
class MutableNode implements Node {
  readonly index: number;
  readonly manifest: Manifest;
  tags = NO_TEXTS;
  ordinaryTags = NO_TEXTS;
  attachmentTags = NO_TEXTS;
  isAttachment = false;
  subjectKeys = NO_TEXTS;
  signedKeys = NO_TEXTS;
  signed: boolean | undefined = false;
  parents = NONE;
  children = NONE;
  attachments = NONE;
  subjects = NONE;

  constructor(manifest: Manifest, index: number) {
    this.index = index;
    this.manifest = manifest;
  }
}

function sortedByDigest(manifests: readonly Manifest[]): readonly Manifest[] {
  const isSorted = manifests.every(({ digest }, index) => index === 0 || (manifests[index - 1] as Manifest).digest < digest);
  return isSorted ? manifests : sortedByNumber(manifests, digestNumber, (a, b) => byCodeUnit(a.digest, b.digest));
}

/** The algorithm, by the digit that tells it from the others, and 30 bits of the digest. */
function digestNumber({ digest }: Manifest): number {
  return (digest.charCodeAt(3) - ZERO) * 2 ** 30 + Math.floor(digestStart(digest) / 2 ** 22);
}

/** Of the algorithms `sha256`, `sha384` and `sha512` the first has 0. */
const ZERO = '2'.charCodeAt(0);

type KeyLookup = (key: string) => MutableNode | undefined;

/** Finds a node by the key of its digest. Only digests longer than a tag can hold need an index of their own. */
function keyLookup(nodes: readonly MutableNode[], byDigest: ReadonlyMap<string, MutableNode>): KeyLookup {
  let cut: Map<string, MutableNode> | undefined;
  return (key) => {
    if (key.startsWith('sha256:')) return byDigest.get(key);
    cut ??= new Map(
      nodes.filter(({ manifest }) => !manifest.digest.startsWith('sha256:')).map((node) => [digestKey(node.manifest.digest), node]),
    );
    return cut.get(key);
  };
}

function addChildren(node: MutableNode, byDigest: ReadonlyMap<string, MutableNode>): void {
  const listed = distinct(node.manifest.children);
  if (listed.length === 0) return;
  const found = listed.map((digest) => byDigest.get(digest));
  const isChild = (child: MutableNode | undefined): child is MutableNode => child !== undefined && child !== node;
  // Nearly always all of them, and a list that is as long as it has to be.
  node.children = found.every(isChild) ? found : found.filter(isChild);
  for (const child of node.children) child.parents = pushed(child.parents, node);
}

/** Tells its attachment tags from the others, and answers what the former say. */
function readTags(node: MutableNode, lookUp: KeyLookup): readonly DigestTag[] {
  const tags = sorted(node.manifest.tags);
  node.tags = tags;
  node.ordinaryTags = tags;
  // Nearly all manifests have tags of another form only.
  return tags.some(mayAttach) ? readAttachmentTags(node, tags, lookUp) : NO_DIGEST_TAGS;
}

function mayAttach(tag: string): boolean {
  return tag.startsWith('sha');
}

function readAttachmentTags(node: MutableNode, tags: readonly string[], lookUp: KeyLookup): readonly DigestTag[] {
  const read = tags.map((tag) => attachingTag(tag, node, lookUp));
  const found = read.filter((digestTag) => digestTag !== undefined);
  if (found.length === 0) return NO_DIGEST_TAGS;
  // Nearly all attachments have such tags alone.
  const areAll = found.length === tags.length;
  node.attachmentTags = areAll ? tags : tags.filter((_, place) => read[place]);
  node.ordinaryTags = areAll ? NO_TEXTS : tags.filter((_, place) => !read[place]);
  return found;
}

/** What a tag says that attaches its manifest to another one; undefined for any other tag. */
function attachingTag(tag: string, node: MutableNode, lookUp: KeyLookup): DigestTag | undefined {
  const digestTag = parseDigestTag(tag);
  return digestTag && attaches(node, digestTag, lookUp) ? digestTag : undefined;
}

/**
 * True if a tag that names a digest attaches its manifest to that digest (design, section 2). A name alone does not: mirrors tag an image
 * by its own digest, and build systems tag images by the hash of their inputs.
 */
function attaches({ manifest, children }: MutableNode, { key, suffix }: DigestTag, lookUp: KeyLookup): boolean {
  if (key === digestKey(manifest.digest)) return false;
  if (isCosignSuffix(suffix)) return true;
  if (suffix !== '') return lookUp(key) !== undefined || saysAttached(manifest);
  return isIndexType(manifest.mediaType) && (lookUp(key) !== undefined || listsAttachments(manifest, children));
}

/** True of an index that lists something, and attachments alone. What is not here may be anything. */
function listsAttachments({ children: listed }: Manifest, children: readonly Node[]): boolean {
  const isAttachment = ({ manifest }: Node): boolean =>
    manifest.subject !== undefined || saysAttached(manifest) || manifest.tags.some((tag) => isCosignTag(tag, manifest.digest));
  return children.length > 0 && children.length === new Set(listed).size && children.every(isAttachment);
}

/** True if the artifact type of a manifest says that it describes another one. */
function saysAttached({ artifactType }: Manifest): boolean {
  return artifactType !== undefined && isAttachedType(artifactType);
}

function addSubjects(node: MutableNode, tags: readonly DigestTag[], lookUp: KeyLookup): void {
  const { subject } = node.manifest;
  if (subject === undefined && tags.length === 0) return;
  node.isAttachment = true;
  const keys = tags.map(({ key }) => key);
  node.subjectKeys = distinct(subject === undefined ? keys : [digestKey(subject), ...keys]);
  node.signedKeys = signedBy(node, tags);
  for (const key of node.subjectKeys) {
    const found = lookUp(key);
    if (!found || found === node) continue;
    node.subjects = pushed(node.subjects, found);
    found.attachments = pushed(found.attachments, node);
  }
}

/** What an attachment with these tags signs. */
function signedBy({ manifest, children, subjectKeys }: Node, tags: readonly DigestTag[]): readonly string[] {
  if (isSignature(manifest)) return subjectKeys;
  const listsSignature = children.some((child) => isSignature(child.manifest));
  return tags.filter(({ suffix }) => suffix === 'sig' || (suffix === '' && listsSignature)).map(({ key }) => key);
}

function setSigned(node: MutableNode, signedElsewhere: SignedElsewhere): void {
  const { manifest, attachments } = node;
  node.signed = manifest.signed === true || (attachments.length > 0 && isSigned(node)) || signedElsewhere(manifest.digest);
}

function isSigned({ manifest, attachments }: Node): boolean {
  const key = digestKey(manifest.digest);
  return attachments.some(({ signedKeys: signed }) => signed.includes(key));
}

function isSignature({ artifactType }: Manifest): boolean {
  return artifactType !== undefined && isSignatureType(artifactType);
}

function indexesHoldingIn(nodes: readonly MutableNode[], byDigest: ReadonlyMap<string, MutableNode>): Graph['indexesHolding'] {
  /** The indexes that list what is not present: made when it is first asked for. */
  let absent: Map<string, MutableNode[]> | undefined;
  const listing = (digest: Digest): readonly MutableNode[] => {
    const present = byDigest.get(digest);
    if (present) return present.parents;
    absent ??= indexesOfAbsent(nodes, byDigest);
    return absent.get(digest) ?? NONE;
  };
  return (digest) => {
    const found = new Set<Node>(listing(digest));
    // A set grows while it is walked: what is added is visited too.
    for (const index of found) for (const above of index.parents) found.add(above);
    return found;
  };
}

function indexesOfAbsent(nodes: readonly MutableNode[], byDigest: ReadonlyMap<string, MutableNode>): Map<string, MutableNode[]> {
  const absent = new Map<string, MutableNode[]>();
  for (const node of nodes) {
    for (const digest of distinct(node.manifest.children)) {
      if (byDigest.has(digest)) continue;
      const others = absent.get(digest);
      if (others) others.push(node);
      else absent.set(digest, [node]);
    }
  }
  return absent;
}

/** The list with one more; a list of its own for the first. */
function pushed(list: MutableNode[], node: MutableNode): MutableNode[] {
  if (list === NONE) return [node];
  list.push(node);
  return list;
}

/** Each once, sorted. */
function distinct<Text extends string>(texts: readonly Text[]): readonly Text[] {
  const ascending = sorted(texts);
  return isAscending(ascending) ? ascending : ascending.filter((text, place) => text !== ascending[place - 1]);
}

/** So few texts are put in order by hand: the library takes several times as long, and nearly all lists are as short. */
const FEW = 8;

function sorted<Text extends string>(texts: readonly Text[]): readonly Text[] {
  if (isAscending(texts)) return texts;
  if (texts.length > FEW) return texts.toSorted(byCodeUnit);
  const ordered = texts.slice();
  for (let from = 1; from < ordered.length; from++) {
    const text = ordered[from] as Text;
    let to = from;
    for (; to > 0 && (ordered[to - 1] as Text) > text; to--) ordered[to] = ordered[to - 1] as Text;
    ordered[to] = text;
  }
  return ordered;
}

/** Most lists hold one text or none, and others come in order: these need no copy. */
function isAscending(texts: readonly string[]): boolean {
  for (let index = 1; index < texts.length; index++) if ((texts[index - 1] as string) >= (texts[index] as string)) return false;
  return true;
}
