import type { InUse } from '../../src/domain/in-use.ts';
import type { Manifest, RepositoryInventory } from '../../src/domain/inventory.ts';
import type { PolicySpec, ProtectSpec, RuleSpec } from '../../src/policy/schema.ts';
import {
  byCodeUnits,
  capture,
  compareTags,
  DAY,
  durationMs,
  globMatches,
  globsSelect,
  holdsValues,
  knownTime,
  parseVersion,
  sameName,
  sizeBytes,
  type TagOrder,
  tagSelected,
} from './words.ts';

/*
 * A second, literal reading of sections 2 to 4 of the design ("How a repository is decided"), written from its text alone and without a
 * look at src/plan and src/graph. Naive on purpose: a function for each numbered step, loops and sets, quadratic where that reads better.
 * Of src it uses types only. Where the text leaves two readings, it takes the one that keeps more, and says so ("Open:").
 */

/** Everything that a run depends on. */
export interface Run {
  readonly repositories: readonly RepositoryInventory[];
  readonly policies: readonly PolicySpec[];
  readonly inUse: InUse;
  /** The names of each list of live things. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface TagDecision {
  readonly action: 'keep' | 'delete';
  readonly code: string;
  readonly rule?: string;
  readonly group?: string;
  readonly rank?: number;
}

export interface Decision {
  readonly digest: string;
  readonly action: 'keep' | 'untag' | 'delete';
  readonly untag: readonly string[];
  /** Why the image stays or goes. `expired` is what a rule deletes, and what limits count. */
  readonly reason: string;
  /** The rules that select it or a tag of it. */
  readonly selectedBy: readonly string[];
  /** Of each ordinary tag. */
  readonly tags: Readonly<Record<string, TagDecision>>;
}

/** A manifest with what is read off it and its repository. */
interface Image extends Manifest {
  readonly ordinaryTags: readonly string[];
  readonly attachmentTags: readonly string[];
  /** Beginnings of the digests that it is attached to, present or not: whole ones, but for the cut ones of a `sha512-` tag. */
  readonly subjects: readonly string[];
}

interface Repository {
  readonly inventory: RepositoryInventory;
  readonly policy: PolicySpec | undefined;
  /** Sorted by digest. */
  readonly images: readonly Image[];
  /** All of these are of this repository, by digest. */
  readonly childrenOf: ReadonlyMap<string, readonly Image[]>;
  /** Itself, and its children to any depth. */
  readonly wholeOf: ReadonlyMap<string, readonly Image[]>;
  readonly parentsOf: ReadonlyMap<string, readonly Image[]>;
  readonly subjectsOf: ReadonlyMap<string, readonly Image[]>;
  readonly attachmentsOf: ReadonlyMap<string, readonly Image[]>;
}

/** What a rule says of an image in a group. */
interface Verdict {
  readonly keep: boolean;
  readonly code: string;
  readonly rank?: number;
}

/** An image in a group of a rule, with its claimed tags there; without any where it was claimed untagged. */
interface Member {
  readonly image: Image;
  readonly tags: readonly string[];
}

/** A claimed tag, or an untagged image that a rule claims. */
interface Claim {
  readonly image: Image;
  readonly tag: string | undefined;
  readonly rule: RuleSpec;
  readonly group: string;
  readonly parses: boolean;
  readonly live: boolean;
}

/** Why an image stays. With `allTags` none is taken off. */
interface Stay {
  readonly code: string;
  readonly allTags: boolean;
}

/** One repository while it is decided. */
interface Work extends Repository {
  readonly policy: PolicySpec;
  readonly all: readonly Repository[];
  readonly run: Run;
  /** By digest; no entry: not protected. */
  readonly protections: ReadonlyMap<string, ReadonlySet<string>>;
  readonly stay: Map<string, Stay>;
  /** What a rule expires, stay what may of it: by digest, the rules. */
  readonly expiredBy: Map<string, RuleSpec[]>;
  /** The rules that select each, by digest. */
  readonly selectedBy: Map<string, RuleSpec[]>;
}

const TIME_ORDERS = ['pushed', 'created', 'tagged', 'pulled', 'active'];

/** Decides a run. The answers stand in the order of its repositories, each sorted by digest. */
export function decide(run: Run): Decision[][] {
  const all = run.repositories.map((inventory) => readRepository(inventory, governing(inventory, run.policies)));
  // Those that hold the signatures of others come after these.
  const inOrder = all.toSorted((a, b) => Number(signedHere(a, all).length > 0) - Number(signedHere(b, all).length > 0));
  const decided = new Map<Repository, Decision[]>();
  for (const repository of inOrder) decided.set(repository, decideOne(repository, all, run, decided));
  return all.map((repository) => decided.get(repository) as Decision[]);
}

function decideOne(repository: Repository, all: readonly Repository[], run: Run, decided: ReadonlyMap<Repository, Decision[]>): Decision[] {
  const { policy } = repository;
  return policy ? decideRepository({ ...repository, policy }, all, run, keptBeside(repository, all, decided)) : ungoverned(repository);
}

/** The repositories whose policy says that their signatures are in this one. */
function signedHere({ inventory }: Repository, all: readonly Repository[]): Repository[] {
  return all.filter(
    (other) =>
      other.inventory !== inventory &&
      other.inventory.registry === inventory.registry &&
      globsSelect(other.policy?.signaturesIn ?? ['!**'], inventory.repository),
  );
}

/** What is attached to a manifest that stays in a repository whose signatures are here; also where nobody knows what that holds. */
function keptBeside(repository: Repository, all: readonly Repository[], decided: ReadonlyMap<Repository, Decision[]>): Set<string> {
  const signed = signedHere(repository, all);
  const staying = signed.flatMap((other) => (decided.get(other) ?? []).filter(({ action }) => action !== 'delete'));
  const unknown = signed.some((other) => !isWhole(other));
  const attached = repository.images.filter(
    ({ subjects }) =>
      subjects.length > 0 && (unknown || subjects.some((subject) => staying.some(({ digest }) => digest.startsWith(subject)))),
  );
  return new Set(attached.map(({ digest }) => digest));
}

function decideRepository(
  repository: Repository & { readonly policy: PolicySpec },
  all: readonly Repository[],
  run: Run,
  beside: ReadonlySet<string>,
): Decision[] {
  const byDigest = { stay: new Map<string, Stay>(), expiredBy: new Map<string, RuleSpec[]>(), selectedBy: new Map<string, RuleSpec[]>() };
  const made = { ...repository, all, run, ...byDigest };
  const work: Work = { ...made, protections: protect({ ...made, protections: new Map() }) };
  const claims = claim(work);
  for (const { image, rule } of claims) work.selectedBy.set(image.digest, [...(work.selectedBy.get(image.digest) ?? []), rule]);
  const verdicts = judgeClaims(work, claims);
  const decided = new Map(work.images.map((image) => [image.digest, decideTags(work, image, claims, verdicts)]));
  keepImages(work, decided, claims, verdicts);
  keepArchived(work);
  // No kept manifest loses an attachment, in whichever repository its signatures are.
  for (const digest of beside) work.stay.set(digest, { code: work.stay.get(digest)?.code ?? 'attached_to_kept', allTags: true });
  close(work);
  floor(work);
  decideUntagged(work, claims);
  archive(work);
  holdForCascade(work);
  keepRings(work);
  return explain(work, decided);
}

// ---- 1. Governing policy

export function governing({ registry, repository }: RepositoryInventory, policies: readonly PolicySpec[]): PolicySpec | undefined {
  return policies.find(
    ({ registries, repositories }) =>
      (registries === undefined || registries.includes(registry)) && globsSelect(repositories ?? ['**'], repository),
  );
}

function ungoverned({ images }: Repository): Decision[] {
  return images.map(({ digest, ordinaryTags }) => ({
    digest,
    action: 'keep',
    untag: [],
    reason: 'ungoverned',
    selectedBy: [],
    tags: Object.fromEntries(ordinaryTags.map((tag): [string, TagDecision] => [tag, { action: 'keep', code: 'ungoverned' }])),
  }));
}

// ---- 2. Graph

/** What was read before, for the many policies that one inventory is decided by. */
const known = new WeakMap<RepositoryInventory, Omit<Repository, 'policy'>>();

function readRepository(inventory: RepositoryInventory, policy: PolicySpec | undefined): Repository {
  const read = known.get(inventory) ?? readGraph(inventory);
  known.set(inventory, read);
  return { ...read, policy };
}

export function readGraph(inventory: RepositoryInventory): Omit<Repository, 'policy'> {
  const images = inventory.manifests.map((manifest) => readManifest(manifest, inventory)).sort((a, b) => byCodeUnits(a.digest, b.digest));
  const related = (are: (image: Image, other: Image) => boolean): Map<string, Image[]> =>
    new Map(images.map((image) => [image.digest, images.filter((other) => other !== image && are(image, other))]));
  const attached = ({ subjects }: Image, to: Image): boolean => subjects.some((subject) => to.digest.startsWith(subject));
  const childrenOf = related((image, other) => image.children.includes(other.digest));
  return {
    inventory,
    images,
    childrenOf,
    wholeOf: new Map(images.map((image) => [image.digest, reach([image], (each) => relatives(childrenOf, each))])),
    parentsOf: related((image, other) => other.children.includes(image.digest)),
    subjectsOf: related((image, other) => attached(image, other)),
    attachmentsOf: related((image, other) => attached(other, image)),
  };
}

function readManifest(manifest: Manifest, inventory: RepositoryInventory): Image {
  const tags = [...new Set(manifest.tags)].sort(byCodeUnits);
  const subjectOf = new Map(tags.map((tag) => [tag, attachmentTagSubject(tag, manifest, inventory)]));
  const subjects = [manifest.subject, ...subjectOf.values()].filter((subject) => subject !== undefined);
  return {
    ...manifest,
    ordinaryTags: tags.filter((tag) => subjectOf.get(tag) === undefined),
    attachmentTags: tags.filter((tag) => subjectOf.get(tag) !== undefined),
    subjects: [...new Set(subjects)],
  };
}

/** The beginning of the digest that a tag attaches its manifest to; undefined of an ordinary tag. */
function attachmentTagSubject(tag: string, manifest: Manifest, { manifests }: RepositoryInventory): string | undefined {
  // Of a sha512 digest a tag has room for the first 64 digits (distribution-spec, "Referrers Tag Schema").
  const [, algorithm, hex, suffix] = /^(sha256|sha512)-([0-9a-f]{64})(?:\.(.+))?$/.exec(tag) ?? [];
  if (hex === undefined) return undefined;
  const subject = `${algorithm}:${hex}`;
  if (manifest.digest.startsWith(subject)) return undefined;
  const isHere = manifests.some(({ digest }) => digest.startsWith(subject));
  if (suffix === undefined) return isIndex(manifest) && (isHere || listsAttachments(manifest, manifests)) ? subject : undefined;
  return ['sig', 'att', 'sbom'].includes(suffix) || isHere || hasAttachmentContent(manifest) ? subject : undefined;
}

function isIndex({ mediaType }: Manifest): boolean {
  return ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'].includes(mediaType);
}

/** Open: of an index that lists nothing, or something that is not here, a name alone would say so; that makes no attachment. */
function listsAttachments({ children }: Manifest, manifests: readonly Manifest[]): boolean {
  const listed = children.map((child) => manifests.find(({ digest }) => digest === child));
  return (
    listed.length > 0 &&
    listed.every((child) => child !== undefined && (child.subject !== undefined || hasAttachmentTag(child) || hasAttachmentContent(child)))
  );
}

function hasAttachmentTag({ digest, tags }: Manifest): boolean {
  return tags.some(
    (tag) => /^sha(256|512)-[0-9a-f]{64}\.(sig|att|sbom)$/.test(tag) && !digest.startsWith(tag.slice(0, 71).replace('-', ':')),
  );
}

/** The artifact type of a signature, an attestation or an SBOM. */
function hasAttachmentContent(manifest: Manifest): boolean {
  const { artifactType = '' } = manifest;
  return (
    isSignature(manifest) ||
    /^application\/vnd\.dev\.cosign\.artifact\.(sig|att|sbom)\.v1\+json$/.test(artifactType) ||
    ['application/vnd.in-toto+json', 'application/spdx+json', 'application/vnd.cyclonedx+json'].includes(artifactType)
  );
}

function isSignature({ artifactType = '' }: Manifest): boolean {
  return (
    artifactType === 'application/vnd.dev.cosign.artifact.sig.v1+json' ||
    artifactType === 'application/vnd.cncf.notary.signature' ||
    artifactType.startsWith('application/vnd.dev.sigstore.bundle.')
  );
}

function isTagged({ ordinaryTags }: Image): boolean {
  return ordinaryTags.length > 0;
}

function isAttachment({ subjects }: Image): boolean {
  return subjects.length > 0;
}

function relatives(of: ReadonlyMap<string, readonly Image[]>, { digest }: Image): readonly Image[] {
  return of.get(digest) ?? [];
}

/** The image itself and everything that these lead to, to any depth. */
function reach(start: readonly Image[], next: (image: Image) => readonly Image[]): Image[] {
  const found = new Set(start);
  // A set grows while it is walked: what is added is visited too.
  for (const image of found) for (const other of next(image)) found.add(other);
  return [...found];
}

/** Itself and everything that it holds as an index. */
function wholeOf(repository: Repository, image: Image): readonly Image[] {
  return relatives(repository.wholeOf, image);
}

/** It is in the archive, or a part of it is: it cannot be pulled, so no floor counts it. */
function isArchived(repository: Repository, image: Image): boolean {
  return wholeOf(repository, image).some(({ archived }) => archived === true);
}

// ---- selectors

/** True, false, or undefined where a repository that may hold the signature was not read whole. */
function isSigned({ inventory, policy, all, ...repository }: Work, image: Image): boolean | undefined {
  if (image.signed === true) return true;
  const stores = policy.signaturesIn === undefined ? [] : named(all, inventory.registry, policy.signaturesIn);
  const holders = [{ inventory, policy, ...repository }, ...stores];
  if (holders.some((holder) => holdsSignature(holder, image))) return true;
  return policy.signaturesIn === undefined || wasReadWhole(all, inventory.registry, policy.signaturesIn) ? false : undefined;
}

function holdsSignature({ images, childrenOf }: Repository, { digest }: Image): boolean {
  const tag = digest.replace(':', '-').slice(0, 71);
  const attached = images.filter(({ subjects }) => subjects.some((subject) => digest.startsWith(subject)));
  return attached.some(
    (attachment) =>
      attachment.attachmentTags.includes(`${tag}.sig`) ||
      isSignature(attachment) ||
      // What a fallback tag's index lists is a referrer too, with or without a subject field.
      (attachment.attachmentTags.includes(tag) && relatives(childrenOf, attachment).some(isSignature)),
  );
}

function named(all: readonly Repository[], registry: string, globs: readonly string[]): Repository[] {
  return all.filter(({ inventory }) => inventory.registry === registry && globsSelect(globs, inventory.repository));
}

/**
 * True if every repository that the globs name was read whole. Open: a glob that names nothing in this run names something that was not
 * read.
 */
function wasReadWhole(all: readonly Repository[], registry: string, globs: readonly string[]): boolean {
  return wasNamed(all, registry, globs) && named(all, registry, globs).every(isWhole);
}

/** True if each glob names a repository. */
function wasNamed(all: readonly Repository[], registry: string, globs: readonly string[]): boolean {
  const read = named(all, registry, globs);
  const plain = globs.filter((glob) => !glob.startsWith('!'));
  return plain.every((glob) => read.some(({ inventory }) => globMatches(glob, inventory.repository)));
}

/** True if nothing went unread, but for tags that point to nothing where the policy ignores these: each is one problem. */
function isWhole({ inventory, policy }: Repository): boolean {
  const { complete, problems = [], danglingTags = [] } = inventory;
  if (danglingTags.length === 0) return complete;
  return policy?.danglingTags === 'ignore' && (complete || problems.length === danglingTags.length);
}

/** The first rule that selects an image. Open: none, if one before it may select the image by a signature that nobody has looked for. */
function firstSelecting(work: Work, rules: readonly RuleSpec[], image: Image): RuleSpec | undefined {
  const first = rules.find((rule) => imageSelected(work, rule, image) !== false);
  return first && imageSelected(work, first, image) ? first : undefined;
}

/** Every selector that looks at the manifest and not at a tag; undefined if it depends on a signature that nobody has looked for. */
function imageSelected(work: Work, rule: RuleSpec, image: Image): boolean | undefined {
  const oneOf = (wanted: readonly string[], have: readonly (string | undefined)[]): boolean =>
    wanted.some((glob) => have.some((value) => value !== undefined && globMatches(glob, value)));
  if (rule.labels && !holdsValues(rule.labels, image.labels)) return false;
  if (rule.annotations && !holdsValues(rule.annotations, image.annotations)) return false;
  if (rule.mediaTypes && !oneOf(rule.mediaTypes, [image.mediaType])) return false;
  if (rule.artifactTypes && !oneOf(rule.artifactTypes, [image.artifactType])) return false;
  if (rule.platforms && !oneOf(rule.platforms, image.platforms ?? [])) return false;
  if (rule.largerThan !== undefined && image.size <= sizeBytes(rule.largerThan)) return false;
  const parts = work.wholeOf.get(image.digest) ?? [image];
  if (rule.vulnerabilities && !parts.some((part) => isVulnerable(rule.vulnerabilities!, part, work.run.now))) return false;
  const isScanned = parts.some((part) => part.vulnerability !== undefined || part.findings !== undefined || part.scan !== undefined);
  if (rule.unscanned && (isScanned || image.artifactType !== undefined)) return false;
  if (rule.signed === undefined && rule.unsigned === undefined) return true;
  const signed = isSigned(work, image);
  return signed === undefined ? undefined : signed === (rule.signed ?? false);
}

function isVulnerable({ atLeast, fixable, olderThan }: NonNullable<RuleSpec['vulnerabilities']>, image: Manifest, now: number): boolean {
  const severities = ['none', 'low', 'medium', 'high', 'critical'];
  const isBad = (severity: string): boolean => severities.indexOf(severity) >= severities.indexOf(atLeast);
  const isAsked = (finding: NonNullable<Manifest['findings']>[number]): boolean => {
    const since = knownTime(finding.since, now);
    if (fixable && finding.fixable !== true) return false;
    return olderThan === undefined || (since !== undefined && now - since > durationMs(olderThan)!);
  };
  if (image.findings?.some((finding) => isBad(finding.severity) && isAsked(finding))) return true;
  if (fixable || olderThan !== undefined) return false;
  return isBad(image.vulnerability ?? (image.findings?.length === 0 ? 'none' : 'nothing'));
}

// ---- 3. Protected

/** What protects each image: its own selectedBy, and as an index those of everything that it holds. */
function protect(work: Work): Map<string, Set<string>> {
  const own = new Map(work.images.map((image) => [image.digest, protectionsOf(work, image)]));
  const whole = work.images.map((image): [string, Set<string>] => [
    image.digest,
    new Set(wholeOf(work, image).flatMap(({ digest }) => own.get(digest) ?? [])),
  ]);
  return new Map(whole.filter(([, codes]) => codes.size > 0));
}

function protectionsOf(work: Work, image: Image): string[] {
  const { policy, run } = work;
  const some = (holds: (entry: ProtectSpec) => boolean | undefined): boolean =>
    (policy.protect ?? []).some((entry) => holds(entry) === true);
  const grace = durationMs(policy.grace ?? '1h') as number;
  const codes: Readonly<Record<string, boolean>> = {
    in_use: isInUse(work, image),
    // A locked attachment tag goes only with its manifest, and that the registry refuses.
    locked: image.locked === true || image.attachmentTags.some((tag) => image.lockedTags?.includes(tag)),
    protected_digest: some(({ digests }) => digests?.includes(image.digest)),
    protected_label: some(({ labels }) => labels && holdsValues(labels, image.labels)),
    // Open: an image may be signed where a repository that may hold its signature was not read whole.
    protected_signed: some(({ signed }) => signed === true && isSigned(work, image) !== false),
    protected_tag: some(({ tags, wholeImage }) => wholeImage === true && image.tags.some((tag) => tags && globsSelect(tags, tag))),
    grace: youngestTimes(work, image).some((time) => run.now - time <= grace),
  };
  return Object.keys(codes).filter((code) => codes[code]);
}

/** The known times that count for the grace. */
function youngestTimes(work: Work, image: Image): number[] {
  const texts = [...image.tags.flatMap((tag) => [image.tagTimes?.[tag], image.firstSeen?.[tag]]), image.unarchivedAt];
  return [pushedTime(work, image), ...texts.map((text) => knownTime(text, work.run.now))].filter((time) => time !== undefined);
}

/** By its digest, its config's, or one that it lists, which need not be here. Indexes that hold it further up follow from `protect`. */
function isInUse({ inventory, run: { inUse } }: Work, image: Image): boolean {
  return inUse.images.some(({ image: used }) => {
    const digest = 'digest' in used ? used.digest : used.reference.digest;
    if (digest !== undefined) return digest === image.digest || digest === image.config || image.children.includes(digest);
    if (!('reference' in used)) return false;
    const { host, repository, tag = 'latest' } = used.reference;
    return image.tags.includes(tag) && namesRepository(host, repository, inventory, inUse);
  });
}

/** True of one of its names. Open: a host that no registry is known by may be a mirror of this one. */
function namesRepository(
  host: string | undefined,
  path: string,
  { registry, repository, names = [] }: RepositoryInventory,
  { hosts }: InUse,
): boolean {
  const all = [...(hosts[registry] ?? []).map((own) => `${own}/${repository}`), ...names];
  if (all.includes(`${host}/${path}`)) return true;
  const known = [...Object.values(hosts).flat(), ...names.map((name) => name.replace(/\/.*/, ''))];
  const paths = [repository, ...names.map((name) => name.replace(/^[^/]*\//, ''))];
  return paths.includes(path) && (host === undefined || !known.includes(host));
}

/** Protected, that tag alone; undefined if it is not. */
function tagProtection({ policy }: Work, image: Image, tag: string): string | undefined {
  if ((policy.protect ?? []).some(({ tags }) => tags && globsSelect(tags, tag))) return 'protected_tag';
  return image.lockedTags?.includes(tag) ? 'locked' : undefined;
}

// ---- 4. Claim

function claim(work: Work): Claim[] {
  return work.images.flatMap((image) => {
    if (isTagged(image)) return image.ordinaryTags.flatMap((tag) => claimTag(work, image, tag));
    const isFree = !isAttachment(image) && relatives(work.parentsOf, image).length === 0;
    const rules = isFree ? taggedRules(work).filter(({ untagged }) => untagged === 'too') : [];
    const rule = firstSelecting(work, rules, image);
    return rule ? [{ image, tag: undefined, rule, live: false, ...groupOf(rule, undefined) }] : [];
  });
}

function taggedRules({ policy }: Work): RuleSpec[] {
  return policy.rules.filter(({ untagged, orphaned }) => untagged !== true && orphaned === undefined);
}

function claimTag(work: Work, image: Image, tag: string): Claim[] {
  const rules = taggedRules(work).filter((each) => tagSelected(each.tags, tag) && isLeftToIt(work, each, tag));
  const rule = firstSelecting(work, rules, image);
  return rule ? [{ image, tag, rule, live: isLive(work, rule, tag), ...groupOf(rule, tag) }] : [];
}

/**
 * Which group a tag, or an image without one, belongs to, and whether the rule can order it. Open: without a tag there is nothing to parse.
 */
function groupOf(
  { order = 'pushed', per = 'repository', tags, keep }: RuleSpec,
  tag: string | undefined,
): { readonly group: string; readonly parses: boolean } {
  // "all" and "none" need nothing.
  if (typeof keep === 'string') return { group: '', parses: true };
  const version = tag === undefined ? undefined : parseVersion(tag);
  if (order === 'semver' && !version) return { group: '', parses: false };
  if (order === 'numeric' && !/[0-9]/.test(tag ?? '')) return { group: '', parses: false };
  if (order === 'alphabetical' && tag === undefined) return { group: '', parses: false };
  if (per === 'repository') return { group: '', parses: true };
  if (per === 'major' || per === 'minor') {
    if (!version) return { group: '', parses: false };
    return { group: per === 'major' ? `${version.major}` : `${version.major}.${version.minor}`, parses: true };
  }
  const pattern = tags === undefined || Array.isArray(tags) ? undefined : tags.regex;
  return { group: pattern === undefined || tag === undefined ? '' : (capture(pattern, tag, per) ?? ''), parses: true };
}

/** A tag whose capture names something in the rule's list of live things. */
function isLive(work: Work, { live, tags }: RuleSpec, tag: string): boolean {
  return Object.entries(live ?? {}).some(([name, list]) => isListed(work, capturedBy(tags, tag, name), list));
}

/** A rule for what is gone takes no tag whose capture names something that is there, nor one that captures nothing. */
function isLeftToIt(work: Work, { gone, tags }: RuleSpec, tag: string): boolean {
  return Object.entries(gone ?? {}).every(([name, list]) => {
    const captured = capturedBy(tags, tag, name);
    return captured !== undefined && captured !== '' && !isListed(work, captured, list);
  });
}

function capturedBy(tags: RuleSpec['tags'], tag: string, name: string): string | undefined {
  return tags === undefined || Array.isArray(tags) || tags.regex === undefined ? undefined : capture(tags.regex, tag, name);
}

function isListed({ run }: Work, captured: string | undefined, list: string): boolean {
  return captured !== undefined && (run.lists[list] ?? []).some((each) => sameName(captured, each));
}

// ---- 5. Rank

function createdTime({ inventory, run }: Work, { createdAt }: Image): number | undefined {
  return inventory.capabilities.createdAt ? knownTime(createdAt, run.now) : undefined;
}

/** The clock: pushed, or created where the registry has no pushed time at all. */
function pushedTime(work: Work, image: Image): number | undefined {
  return work.inventory.capabilities.pushedAt ? knownTime(image.pushedAt, work.run.now) : createdTime(work, image);
}

/** When each of these tags was set; undefined entries are unknown. */
function tagTimes({ run }: Work, image: Image, tags: readonly string[]): (number | undefined)[] {
  return tags.map((tag) => (Object.hasOwn(image.tagTimes ?? {}, tag) ? knownTime(image.tagTimes?.[tag], run.now) : undefined));
}

function newest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

/** When it or anything that it holds was last pulled. Open: one unreadable time among them leaves it unknown. */
function lastPull(work: Work, image: Image): number | 'never' | 'unknown' {
  const texts = wholeOf(work, image).flatMap(({ pulledAt }) => (pulledAt === undefined ? [] : [pulledAt]));
  const times = texts.map((text) => knownTime(text, work.run.now));
  return times.includes(undefined) ? 'unknown' : (newest(times) ?? 'never');
}

/** The time that `order` names: what a member is ranked and aged by. */
function standingTime(work: Work, order: string, { image, tags }: Member): number | undefined {
  const pushed = pushedTime(work, image);
  if (order === 'created') return createdTime(work, image);
  if (order === 'tagged' && work.inventory.capabilities.tagTimes) {
    const times = tagTimes(work, image, tags);
    return times.includes(undefined) ? undefined : newest(times);
  }
  if (order !== 'pulled' && order !== 'active') return pushed;
  const pulled = lastPull(work, image);
  if (pulled === 'unknown') return undefined;
  if (pulled === 'never') return pushed;
  return order === 'pulled' ? pulled : pushed === undefined ? undefined : Math.max(pulled, pushed);
}

function later(a: number | undefined, b: number | undefined): number {
  return (b ?? -1) - (a ?? -1);
}

/** The standing of two members by the order alone: negative where the first is newer. */
function byOrder(work: Work, { order = 'pushed' }: RuleSpec, a: Member, b: Member): number {
  const highest = ({ tags }: Member): string => tags.toSorted((x, y) => compareTags(order as TagOrder, y, x))[0] as string;
  return TIME_ORDERS.includes(order)
    ? later(standingTime(work, order, a), standingTime(work, order, b))
    : compareTags(order as TagOrder, highest(b), highest(a));
}

/** The standing of two members by all that tells times, the digest aside: negative where the first is newer. */
function byNewness(work: Work, rule: RuleSpec, a: Member, b: Member): number {
  return (
    byOrder(work, rule, a, b) ||
    later(newest(tagTimes(work, a.image, a.tags)), newest(tagTimes(work, b.image, b.tags))) ||
    later(pushedTime(work, a.image), pushedTime(work, b.image)) ||
    later(createdTime(work, a.image), createdTime(work, b.image))
  );
}

/** The standing of two members in a group: negative where the first is newer. */
function newestFirst(work: Work, rule: RuleSpec, a: Member, b: Member): number {
  return byNewness(work, rule, a, b) || byCodeUnits(a.image.digest, b.image.digest);
}

// ---- 6 and 7. Keep; unknown keeps

function needsTime({ keep, order = 'pushed' }: RuleSpec): boolean {
  if (typeof keep === 'string') return false;
  return TIME_ORDERS.includes(order) || keep.days !== undefined || keep.pulledDays !== undefined || keep.label !== undefined;
}

function isUnknown(work: Work, rule: RuleSpec, member: Member): boolean {
  if (!needsTime(rule)) return false;
  if (standingTime(work, rule.order ?? 'pushed', member) === undefined) return true;
  return typeof rule.keep === 'object' && rule.keep.pulledDays !== undefined && lastPull(work, member.image) === 'unknown';
}

/**
 * Judges the members of one group. Those that are protected take no rank, nor do those with an unknown time. `counts` is false of a group
 * that `keep.groups` leaves out: `last` and `max` do not count there; `timed` is false
 * of one that `keep.maxGroups` leaves out. Open: what `days` keeps where `max` does not count has no ceiling.
 */
function judgeGroup(work: Work, rule: RuleSpec, members: readonly Member[], counts: boolean, timed: boolean): Map<string, Verdict> {
  const free = members.filter(({ image }) => !work.protections.has(image.digest));
  const verdicts = new Map<string, Verdict>();
  if (typeof rule.keep === 'string') {
    const verdict = rule.keep === 'all' ? { keep: true, code: 'keep_all' } : { keep: false, code: 'expired' };
    for (const { image } of free) verdicts.set(image.digest, verdict);
    return verdicts;
  }
  for (const member of free.filter((each) => isUnknown(work, rule, each)))
    verdicts.set(member.image.digest, { keep: true, code: 'unknown_time' });
  const ranked = free.filter((each) => !isUnknown(work, rule, each)).sort((a, b) => newestFirst(work, rule, a, b));
  const days = rule.keep.days;
  const old = ranked.filter((member) => days !== undefined && ageOf(work, rule, member) > days * DAY);
  ranked.forEach((member, index) => {
    const code = keepCode(work, rule, member, index + 1, old.indexOf(member) + 1, counts, timed);
    verdicts.set(member.image.digest, { keep: code !== undefined, code: code ?? 'expired', rank: index + 1 });
  });
  return verdicts;
}

/** Infinite where nothing is known, which only happens where no time is needed. */
function ageOf(work: Work, { order = 'pushed' }: RuleSpec, member: Member): number {
  return work.run.now - (standingTime(work, order, member) ?? Number.NEGATIVE_INFINITY);
}

/** Why it is kept; undefined if it is not. `oldRank` is its rank among those that are older than `days`, 0 if it is not. */
function keepCode(
  work: Work,
  rule: RuleSpec,
  member: Member,
  rank: number,
  oldRank: number,
  counts: boolean,
  timed: boolean,
): string | undefined {
  if (typeof rule.keep === 'string') return undefined;
  const { last, days, pulledDays, max, label, older } = rule.keep;
  const text = label === undefined ? undefined : member.image.labels?.[label];
  const lifetime = text === undefined ? undefined : durationMs(text);
  const age = ageOf(work, rule, member);
  const pulled = lastPull(work, member.image);
  if (last !== undefined && counts && rank <= last) return 'newest';
  if (older !== undefined && oldRank > 0 && oldRank <= older) return 'newest';
  const others = [last, days, pulledDays, older].filter((word) => word !== undefined);
  // Open: "max" and "groups" are bounds, not words that keep by themselves beside a label.
  if (label !== undefined && lifetime === undefined && others.length === 0) return 'no_lifetime';
  if (others.length === 0 && label === undefined) return max !== undefined && counts && rank <= max ? 'newest' : undefined;
  if (!timed || (max !== undefined && counts && rank > max)) return undefined;
  if (days !== undefined && age <= days * DAY) return 'within_days';
  if (pulledDays !== undefined && typeof pulled === 'number' && work.run.now - pulled <= pulledDays * DAY) return 'pulled_within';
  if (pulledDays !== undefined && days === undefined && age <= pulledDays * DAY) return 'pulled_within';
  return lifetime !== undefined && age <= lifetime ? 'within_days' : undefined;
}

/** Judges every group of every rule: by rule and group, the verdicts of its images. */
function judgeClaims(work: Work, claims: readonly Claim[]): Map<RuleSpec, Map<string, Map<string, Verdict>>> {
  return new Map(
    [...new Set(claims.map(({ rule }) => rule))].map((rule) => {
      const groups = groupsOf(claims.filter((each) => each.rule === rule && each.parses));
      return [
        rule,
        // Open: a live tag does not go on to "keep", so it takes no rank there; its image still makes its group a new one.
        new Map(
          [...groups].map(([group, all]) => [
            group,
            judgeGroup(
              work,
              rule,
              membersOf(all.filter(({ live }) => !live)),
              countsIn(work, rule, group, groups, 'groups'),
              countsIn(work, rule, group, groups, 'maxGroups'),
            ),
          ]),
        ),
      ];
    }),
  );
}

function groupsOf(claims: readonly Claim[]): Map<string, Claim[]> {
  return new Map([...new Set(claims.map(({ group }) => group))].map((group) => [group, claims.filter((each) => each.group === group)]));
}

function membersOf(claims: readonly Claim[]): Member[] {
  return [...new Set(claims.map(({ image }) => image))].map((image) => ({
    image,
    tags: claims.filter((each) => each.image === image).flatMap(({ tag }) => tag ?? []),
  }));
}

/**
 * True if a group is among the newest that `keep.groups` or `keep.maxGroups` names. A group is as new as its newest image, a protected one
 * too, for a protection must not make a group older. Open: of two groups that are equally new, both count; a group that is live altogether
 * takes no place, and images of unknown time make no group new.
 */
function countsIn(
  work: Work,
  rule: RuleSpec,
  group: string,
  groups: ReadonlyMap<string, readonly Claim[]>,
  word: 'groups' | 'maxGroups',
): boolean {
  const wanted = typeof rule.keep === 'string' ? undefined : rule.keep[word];
  if (wanted === undefined) return true;
  const newestIn = (claims: readonly Claim[]): Member | undefined =>
    membersOf(claims)
      .filter((member) => !isUnknown(work, rule, member))
      .sort((a, b) => newestFirst(work, rule, a, b))[0];
  const own = newestIn(groups.get(group) ?? []);
  const newer = [...groups.values()].filter((claims) => {
    if (claims.every(({ live }) => live)) return false;
    const other = newestIn(claims);
    if (own === undefined || other === undefined) return false;
    return byNewness(work, rule, other, own) < 0;
  });
  return newer.length < wanted;
}

// ---- 8. Image

type TagDecisions = readonly (readonly [tag: string, decision: TagDecision])[];

function decideTags(
  work: Work,
  image: Image,
  claims: readonly Claim[],
  verdicts: ReadonlyMap<RuleSpec, ReadonlyMap<string, ReadonlyMap<string, Verdict>>>,
): TagDecisions {
  const [whole] = work.protections.get(image.digest) ?? [];
  return image.ordinaryTags.map((tag) => {
    const made = claims.find((each) => each.image === image && each.tag === tag);
    const named = made && { rule: made.rule.name, group: made.group };
    const kept = (code: string, rank?: number): readonly [string, TagDecision] => [
      tag,
      { action: 'keep', code, ...named, ...(rank !== undefined && { rank }) },
    ];
    if (whole !== undefined) return kept(whole);
    const verdict = made?.parses ? verdicts.get(made.rule)?.get(made.group)?.get(image.digest) : undefined;
    const alone = tagProtection(work, image, tag);
    if (alone !== undefined) return kept(alone, made?.live ? undefined : verdict?.rank);
    if (made?.live) return [tag, { action: 'keep', code: 'live', rule: made.rule.name }];
    if (!made) return kept('no_rule');
    if (!made.parses) return kept('unparsable_version');
    const { keep, code, rank } = verdict as Verdict;
    return keep ? kept(code, rank) : [tag, { action: 'delete', code, ...named, ...(rank !== undefined && { rank }) }];
  });
}

/** Marks what stays by itself, closure aside, and what rules expire. */
function keepImages(
  work: Work,
  decided: ReadonlyMap<string, TagDecisions>,
  claims: readonly Claim[],
  verdicts: ReadonlyMap<RuleSpec, ReadonlyMap<string, ReadonlyMap<string, Verdict>>>,
): void {
  for (const image of work.images) {
    const [protection] = work.protections.get(image.digest) ?? [];
    const tags = decided.get(image.digest) ?? [];
    const kept = tags.find(([, { action }]) => action === 'keep');
    const untagged = claims.find((each) => each.image === image && each.tag === undefined);
    const verdict = untagged?.parses ? verdicts.get(untagged.rule)?.get(untagged.group)?.get(image.digest) : undefined;
    if (protection !== undefined) work.stay.set(image.digest, { code: protection, allTags: true });
    // Open: of an attachment that stays by its protected attachment tag no ordinary tag is taken off.
    else if (image.attachmentTags.some((tag) => tagProtection(work, image, tag) !== undefined))
      work.stay.set(image.digest, { code: 'protected_tag', allTags: true });
    else if (kept) work.stay.set(image.digest, { code: kept[1].code, allTags: false });
    else if (untagged && !untagged.parses) work.stay.set(image.digest, { code: 'unparsable_version', allTags: true });
    else if (verdict?.keep) work.stay.set(image.digest, { code: verdict.code, allTags: true });
    else if (isTagged(image) || untagged)
      work.expiredBy.set(
        image.digest,
        claims.filter((each) => each.image === image).map(({ rule }) => rule),
      );
  }
}

// ---- 9. Closure

/** Adds everything that what stays needs, to any depth, with all its tags. */
function close(work: Work): void {
  const staying = work.images.filter(({ digest }) => work.stay.has(digest));
  const needed = reach(staying, (image) =>
    [work.childrenOf, work.attachmentsOf, work.subjectsOf].flatMap((of) => [...relatives(of, image)]),
  );
  for (const { digest } of needed) if (!work.stay.has(digest)) work.stay.set(digest, { code: 'closure', allTags: true });
}

// ---- 10. Floor

function floor(work: Work): void {
  const counted = work.images
    .filter((image) => isTagged(image) && !isArchived(work, image))
    .sort((a, b) => (pushedTime(work, b) ?? -1) - (pushedTime(work, a) ?? -1) || byCodeUnits(a.digest, b.digest));
  for (const { digest } of counted.slice(0, work.policy.keepNewest ?? 0)) {
    const stay = work.stay.get(digest);
    work.stay.set(digest, { code: stay?.code ?? 'keep_newest', allTags: true });
    close(work);
  }
  // One at a time: the closure of one may hold another.
  for (;;) {
    const doomed = counted.filter(({ digest }) => !work.stay.has(digest));
    const [first] = doomed;
    if (first === undefined || counted.length - doomed.length >= (work.policy.keepAtLeast ?? 1)) return;
    work.stay.set(first.digest, { code: 'repository_floor', allTags: true });
    close(work);
  }
}

// ---- Then the untagged

function decideUntagged(work: Work, claims: readonly Claim[]): void {
  const candidates = work.images.filter(
    (image) =>
      !work.stay.has(image.digest) &&
      !isTagged(image) &&
      relatives(work.parentsOf, image).length === 0 &&
      relatives(work.subjectsOf, image).length === 0 &&
      !claims.some((each) => each.image === image),
  );
  const ruleOf = new Map(candidates.map((image) => [image, isAttachment(image) ? orphanedRule(work, image) : untaggedRule(work, image)]));
  for (const [image, rule] of ruleOf) work.selectedBy.set(image.digest, rule ? [rule] : []);
  for (const rule of new Set(ruleOf.values())) {
    const members = candidates.filter((image) => ruleOf.get(image) === rule).map((image): Member => ({ image, tags: [] }));
    const verdicts = rule && judgeGroup(work, rule, members, true, true);
    for (const { image } of members) {
      const verdict = verdicts?.get(image.digest) ?? { keep: true, code: 'no_rule' };
      if (verdict.keep) work.stay.set(image.digest, { code: verdict.code, allTags: true });
      else work.expiredBy.set(image.digest, rule ? [rule] : []);
    }
  }
  close(work);
}

function untaggedRule(work: Work, image: Image): RuleSpec | undefined {
  const rules = work.policy.rules.filter(({ untagged }) => untagged === true);
  return firstSelecting(work, rules, image);
}

/**
 * The rule that an orphaned attachment goes to. Open: one whose rule may not decide it, because what that names was not read whole, goes to
 * no later rule.
 */
function orphanedRule(work: Work, image: Image): RuleSpec | undefined {
  const { inventory, all, policy } = work;
  const hasSubject = all.some(
    (other) =>
      other.inventory.registry === inventory.registry &&
      other.images.some(({ digest }) => image.subjects.some((subject) => digest.startsWith(subject))),
  );
  // Open: where a repository was not read whole, nobody knows that the subject is not in it.
  if (hasSubject || !all.every((other) => other.inventory.registry !== inventory.registry || isWhole(other))) return undefined;
  const holdsImages = work.images.some((each) => isTagged(each) || (!isAttachment(each) && relatives(work.parentsOf, each).length === 0));
  const rules = policy.rules.filter(({ orphaned }) => orphaned !== undefined && (holdsImages || orphaned !== true));
  const rule = firstSelecting(work, rules, image);
  if (typeof rule?.orphaned !== 'object') return rule;
  // Open: the images of a repository that holds none are looked for in others alone, so each glob has to name another one.
  const others = all.filter((other) => other.inventory.repository !== inventory.repository);
  if (!holdsImages && !wasNamed(others, inventory.registry, rule.orphaned.subjectsIn)) return undefined;
  return wasReadWhole(all, inventory.registry, rule.orphaned.subjectsIn) ? rule : undefined;
}

// ---- Archive and cascade

/** What is archived stays, and is not untagged alone. Open: an index of which a part is archived stays with it. */
function keepArchived(work: Work): void {
  for (const image of work.images.filter((each) => isArchived(work, each)))
    work.stay.set(image.digest, { code: work.stay.get(image.digest)?.code ?? 'archived', allTags: true });
}

/**
 * What a rule with `action: archive` expires stays, with all its tags. Open: of the rules of an image's tags one that archives is enough.
 */
function archive(work: Work): void {
  for (const [digest, rules] of work.expiredBy)
    if (!work.stay.has(digest) && rules.some(({ action }) => action === 'archive'))
      work.stay.set(digest, { code: 'archived', allTags: true });
  close(work);
}

/** On a registry that deletes along by itself an index stays where something that would go along is to stay: a child without a tag. */
function holdForCascade(work: Work): void {
  if (work.inventory.capabilities.cascades !== true) return;
  for (;;) {
    const stays = ({ digest }: Image): boolean => work.stay.has(digest);
    const held = work.images.filter(
      (image) =>
        !stays(image) &&
        relatives(work.childrenOf, image).some(
          (child) => stays(child) && child.tags.length === 0 && !relatives(work.parentsOf, child).some(stays),
        ),
    );
    if (held.length === 0) return;
    for (const { digest } of held) work.stay.set(digest, { code: 'locked', allTags: true });
    close(work);
  }
}

/**
 * What a rule deletes goes, and what only that holds. Manifests that hold each other in a ring are held by nothing that goes: they stay.
 */
function keepRings(work: Work): void {
  for (;;) {
    const stays = ({ digest }: Image): boolean => work.stay.has(digest);
    const expired = work.images.filter((image) => !stays(image) && work.expiredBy.has(image.digest));
    const gone = new Set(
      reach(expired, (image) =>
        [work.childrenOf, work.attachmentsOf].flatMap((of) => relatives(of, image).filter((other) => !stays(other))),
      ),
    );
    const left = work.images.filter((image) => !stays(image) && !gone.has(image));
    if (left.length === 0) return;
    for (const { digest } of left) work.stay.set(digest, { code: 'no_rule', allTags: true });
    close(work);
  }
}

// ---- Writing it down

function explain(work: Work, decided: ReadonlyMap<string, TagDecisions>): Decision[] {
  const decisions = work.images.map((image) => explainImage(work, image, decided.get(image.digest) ?? []));
  return isWhole(work) ? decisions : decisions.map(withoutLoss);
}

function explainImage(work: Work, image: Image, tags: TagDecisions): Decision {
  const { digest } = image;
  const stay = work.stay.get(digest);
  const selectedBy = (work.selectedBy.get(digest) ?? []).map(({ name }) => name);
  if (!stay)
    return {
      digest,
      action: 'delete',
      untag: [],
      reason: goneCode(work, image),
      selectedBy,
      tags: Object.fromEntries(tags),
    };
  const code = stay.code === 'closure' ? closureCode(work, image) : stay.code;
  const explained = tags.map(([tag, verdict]): [string, TagDecision] => {
    if (verdict.action === 'keep') return [tag, verdict];
    if (stay.allTags) return [tag, { ...verdict, action: 'keep', code }];
    return [tag, mayUntag(work, verdict) ? verdict : { ...verdict, action: 'keep', code: 'shares_digest' }];
  });
  const untag = explained.flatMap(([tag, { action }]) => (action === 'delete' ? [tag] : []));
  return {
    digest,
    action: untag.length > 0 ? 'untag' : 'keep',
    untag,
    reason: code,
    selectedBy,
    tags: Object.fromEntries(explained),
  };
}

/** True if an expired tag of an image that stays is taken off: not one that its rule would archive. */
function mayUntag({ policy, inventory }: Work, { rule }: TagDecision): boolean {
  const archives = policy.rules.some(({ name, action }) => name === rule && action === 'archive');
  return (policy.sharedTags ?? 'untag') === 'untag' && inventory.capabilities.deleteTag && !archives;
}

function closureCode(work: Work, image: Image): string {
  const stays = ({ digest }: Image): boolean => work.stay.has(digest);
  if (relatives(work.parentsOf, image).some(stays)) return 'child_of_kept';
  return relatives(work.subjectsOf, image).some(stays) ? 'attached_to_kept' : 'subject_of_kept';
}

function goneCode(work: Work, image: Image): string {
  if (work.expiredBy.has(image.digest)) return 'expired';
  return relatives(work.parentsOf, image).length > 0 ? 'deleted_with_parent' : 'deleted_with_subject';
}

// ---- 11. Incomplete

/** Nothing is deleted, tags neither. */
function withoutLoss(made: Decision): Decision {
  const tags = Object.entries(made.tags).map(([tag, verdict]): [string, TagDecision] => [
    tag,
    verdict.action === 'delete' ? { ...verdict, action: 'keep', code: 'incomplete' } : verdict,
  ]);
  const reason = made.action === 'delete' ? 'incomplete' : made.reason;
  return { ...made, action: 'keep', untag: [], reason, tags: Object.fromEntries(tags) };
}
