import picomatch from 'picomatch';
import { RE2JS } from 're2js';
import semver, { type SemVer } from 'semver';
import type { Manifest, RepositoryInventory } from '../../src/domain/inventory.ts';
import type { PolicySpec, ProtectSpec, RuleSpec } from '../../src/policy/schema.ts';

/*
 * A second, literal reading of section 4 of the design ("How a repository is decided"), written from its text alone and without a look
 * at src/plan. Naive on purpose: quadratic where that reads better. Of src it uses types only.
 */

interface TagDecision {
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
  readonly reason: string;
  readonly tags: Readonly<Record<string, TagDecision>>;
}

/** A manifest with what is read off it. */
interface Image extends Manifest {
  readonly ordinaryTags: readonly string[];
  readonly attachmentTags: readonly string[];
  /** The children that are present in the repository. */
  readonly presentChildren: readonly string[];
  /** The digests that it is attached to, present or not. */
  readonly subjects: readonly string[];
}

interface Verdict {
  readonly keep: boolean;
  readonly code: string;
  readonly rank?: number;
}

/** An image in a group, with its claimed tags there that parse. */
interface Member {
  readonly image: Image;
  readonly tags: readonly string[];
}

interface Claim {
  readonly image: Image;
  readonly tag: string;
  readonly rule: RuleSpec;
  readonly group?: string;
  readonly parses: boolean;
}

type TimeOrder = 'pushed' | 'created' | 'tagged' | 'pulled' | 'active';
type TagOrder = 'semver' | 'numeric' | 'alphabetical';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ATTACHMENT_TAG = /^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom)?$/;

// ---- small things

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function durationMs(text: string): number {
  const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: HOUR, d: DAY, w: 7 * DAY };
  return Number(text.slice(0, -1)) * (units[text.slice(-1)] as number);
}

function sizeBytes(value: number | string): number {
  if (typeof value === 'number') return value;
  const [, number, letter, binary] = /^([0-9.]+)\s*([KMGT]?)(i?)B$/.exec(value) as RegExpExecArray;
  return Number(number) * (binary ? 1024 : 1000) ** ['', 'K', 'M', 'G', 'T'].indexOf(letter as string);
}

/** Milliseconds since the epoch; undefined when the time is unknown in the sense of step 7. */
function knownTime(text: string | undefined, now: number): number | undefined {
  const shape = /^(\d{4})-(\d{2})-(\d{2})[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/.exec(text ?? '');
  if (!shape || text === undefined) return undefined;
  const daysInMonth = new Date(Date.UTC(Number(shape[1]), Number(shape[2]), 0)).getUTCDate();
  if (Number(shape[3]) > daysInMonth) return undefined;
  const time = Date.parse(text.toUpperCase());
  if (Number.isNaN(time) || time < Date.UTC(2000, 0, 1) || time > now + DAY) return undefined;
  return time;
}

/** The same function, which works each answer out once. */
function remember<Key extends object, Value>(answer: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    if (!known.has(key)) known.set(key, answer(key));
    return known.get(key) as Value;
  };
}

// ---- globs, expressions, versions, numbers

const globs = new Map<string, (name: string) => boolean>();
const expressions = new Map<string, RE2JS>();

function globMatches(glob: string, name: string): boolean {
  const matches = globs.get(glob) ?? picomatch(glob, { dot: true, nonegate: true });
  globs.set(glob, matches);
  return matches(name);
}

/** Some plain glob matches and no "!" glob does. */
function globsSelect(list: readonly string[], name: string): boolean {
  const plain = list.filter((glob) => !glob.startsWith('!'));
  const taken = list.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
  return plain.some((glob) => globMatches(glob, name)) && !taken.some((glob) => globMatches(glob, name));
}

/** What a capture holds, or of an expression without that capture ''; undefined where the expression does not match the whole tag. */
function capture(pattern: string, tag: string, name: string): string | undefined {
  const expression = expressions.get(pattern) ?? RE2JS.compile(pattern);
  expressions.set(pattern, expression);
  const matcher = expression.matcher(tag);
  if (!matcher.matches()) return undefined;
  return name in expression.namedGroups() ? (matcher.group(name) ?? '') : '';
}

function parseVersion(tag: string): SemVer | undefined {
  return /^v?[0-9]/.test(tag) ? (semver.parse(tag.replace(/^v/, '')) ?? undefined) : undefined;
}

function tagSelected(tags: RuleSpec['tags'], tag: string): boolean {
  if (tags === undefined) return true;
  if (Array.isArray(tags)) return globsSelect(tags, tag);
  if (tags.include && !tags.include.some((glob) => globMatches(glob, tag))) return false;
  if (tags.exclude?.some((glob) => globMatches(glob, tag))) return false;
  if (tags.regex !== undefined && capture(tags.regex, tag, '') === undefined) return false;
  if (tags.semver === undefined) return true;
  const version = parseVersion(tag);
  return version !== undefined && semver.satisfies(version, tags.semver, { includePrerelease: true });
}

function compareNumeric(a: string, b: string): number {
  const runs = (tag: string): string[] => tag.match(/[0-9]+|[^0-9]+/g) ?? [];
  const [left, right] = [runs(a), runs(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i] as string, right[i] as string];
    const [xDigits, yDigits] = [/^[0-9]/.test(x), /^[0-9]/.test(y)];
    if (xDigits !== yDigits) return xDigits ? -1 : 1;
    if (xDigits) {
      if (BigInt(x) !== BigInt(y)) return BigInt(x) < BigInt(y) ? -1 : 1;
    } else if (x !== y) {
      return byCodeUnits(x, y);
    }
  }
  return left.length - right.length;
}

/** Ascending: a negative number means that a is the lower (older) tag. */
function compareTags(order: TagOrder, a: string, b: string): number {
  if (order === 'semver') return semver.compare(parseVersion(a) as SemVer, parseVersion(b) as SemVer);
  return order === 'numeric' ? compareNumeric(a, b) : byCodeUnits(a, b);
}

function isTimeOrder(order: TimeOrder | TagOrder): order is TimeOrder {
  return order === 'pushed' || order === 'created' || order === 'tagged';
}

// ---- manifests

function readManifest(manifest: Manifest, present: ReadonlySet<string>): Image {
  const tags = [...new Set(manifest.tags)].sort(byCodeUnits);
  const attachmentTags = tags.filter((tag) => ATTACHMENT_TAG.test(tag));
  const subjects = new Set(attachmentTags.map((tag) => `sha256:${ATTACHMENT_TAG.exec(tag)?.[1]}`));
  if (manifest.subject !== undefined) subjects.add(manifest.subject);
  subjects.delete(manifest.digest);
  return {
    ...manifest,
    ordinaryTags: tags.filter((tag) => !ATTACHMENT_TAG.test(tag)),
    attachmentTags,
    presentChildren: [...new Set(manifest.children)].filter((child) => present.has(child) && child !== manifest.digest).sort(byCodeUnits),
    subjects: [...subjects].sort(byCodeUnits),
  };
}

function holdsAll(wanted: Readonly<Record<string, string>>, have: Readonly<Record<string, string>> | undefined): boolean {
  return have !== undefined && Object.entries(wanted).every(([key, value]) => Object.hasOwn(have, key) && have[key] === value);
}

function oneOf(wanted: readonly string[], have: readonly (string | undefined)[]): boolean {
  return wanted.some((glob) => have.some((value) => value !== undefined && globMatches(glob, value)));
}

function isSignature({ artifactType = '' }: Image): boolean {
  return (
    artifactType === 'application/vnd.dev.cosign.artifact.sig.v1+json' ||
    artifactType === 'application/vnd.cncf.notary.signature' ||
    artifactType.startsWith('application/vnd.dev.sigstore.bundle.')
  );
}

/** The strongest of the reasons that an image's kept tags give. */
function mostTelling(verdicts: readonly TagDecision[]): string | undefined {
  const strength = [
    'protected_tag',
    'locked',
    'newest',
    'within_days',
    'pulled_within',
    'keep_all',
    'unknown_time',
    'unparsable_version',
    'no_rule',
  ];
  const kept = new Set(verdicts.filter(({ action }) => action === 'keep').map(({ code }) => code));
  return strength.find((code) => kept.has(code));
}

// ---- the procedure

/** Decides one repository. `inUse` holds digests; `now` is in milliseconds since the epoch. Sorted by digest. */
export function decide(
  repository: RepositoryInventory,
  policies: readonly PolicySpec[],
  inUse: readonly string[],
  now: number,
): Decision[] {
  const { capabilities } = repository;
  const present = new Set(repository.manifests.map(({ digest }) => digest));
  const images = repository.manifests.map((manifest) => readManifest(manifest, present)).sort((a, b) => byCodeUnits(a.digest, b.digest));
  const byDigest = new Map<string, Image>(images.map((image) => [image.digest, image]));
  const found = (digest: string): Image[] => [byDigest.get(digest)].filter((image) => image !== undefined);

  // 1. Governing policy.
  const policy = policies.find(
    ({ registries, repositories }) =>
      (registries === undefined || registries.includes(repository.registry)) && globsSelect(repositories ?? ['**'], repository.repository),
  );
  if (!policy) {
    return images.map(({ digest, ordinaryTags }) => ({
      digest,
      action: 'keep',
      untag: [],
      reason: 'ungoverned',
      tags: Object.fromEntries(ordinaryTags.map((tag): [string, TagDecision] => [tag, { action: 'keep', code: 'ungoverned' }])),
    }));
  }
  const { rules, protect = [], keepAtLeast = 1, sharedTags = 'untag' } = policy;
  const grace = durationMs(policy.grace ?? '1h');

  // 2. Graph.
  const attachmentsOf = remember(({ digest }: Image): Image[] => images.filter(({ subjects }) => subjects.includes(digest)));
  const presentSubjectsOf = remember(({ subjects }: Image): Image[] => subjects.flatMap(found));
  const parentsOf = remember(({ digest }: Image): Image[] => images.filter(({ presentChildren }) => presentChildren.includes(digest)));
  const isTagged = ({ ordinaryTags }: Image): boolean => ordinaryTags.length > 0;

  /** Step 9: adds everything that a staying manifest needs, to any depth. */
  function close(staying: Set<string>): void {
    for (let changed = true; changed;) {
      changed = false;
      for (const image of images) {
        if (!staying.has(image.digest)) continue;
        for (const needed of [...image.presentChildren.flatMap(found), ...attachmentsOf(image), ...presentSubjectsOf(image)]) {
          if (staying.has(needed.digest)) continue;
          staying.add(needed.digest);
          changed = true;
        }
      }
    }
  }

  // The clocks of step 5.
  const createdTime = ({ createdAt }: Image): number | undefined => (capabilities.createdAt ? knownTime(createdAt, now) : undefined);
  const pushedTime = (image: Image): number | undefined => (capabilities.pushedAt ? knownTime(image.pushedAt, now) : createdTime(image));

  /** The time that stands for an image in a group of a rule: what it is ranked and aged by. */
  function standingTime(order: TimeOrder | TagOrder, image: Image, claimedTags: readonly string[]): number | undefined {
    if (order === 'created') return createdTime(image);
    if (order !== 'tagged' || !capabilities.tagTimes) return pushedTime(image);
    const times = claimedTags.map((tag) => (Object.hasOwn(image.tagTimes ?? {}, tag) ? knownTime(image.tagTimes?.[tag], now) : undefined));
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 || known.length < times.length ? undefined : Math.max(...known);
  }

  // Selectors.
  const isSigned = remember((image: Image): boolean => {
    const tag = image.digest.replace(':', '-');
    return (
      image.signed === true ||
      images.some(({ attachmentTags }) => attachmentTags.includes(`${tag}.sig`)) ||
      attachmentsOf(image).some(isSignature) ||
      // What a fallback tag's index lists is a referrer too, with or without a subject field.
      images.some(({ attachmentTags, presentChildren }) => attachmentTags.includes(tag) && presentChildren.flatMap(found).some(isSignature))
    );
  });

  /** Every selector that looks at the manifest and not at a tag. */
  function imageSelected(rule: RuleSpec, image: Image): boolean {
    if (rule.labels && !holdsAll(rule.labels, image.labels)) return false;
    if (rule.annotations && !holdsAll(rule.annotations, image.annotations)) return false;
    if (rule.mediaTypes && !oneOf(rule.mediaTypes, [image.mediaType])) return false;
    if (rule.artifactTypes && !oneOf(rule.artifactTypes, [image.artifactType])) return false;
    if (rule.platforms && !oneOf(rule.platforms, image.platforms ?? [])) return false;
    if (rule.largerThan !== undefined && image.size <= sizeBytes(rule.largerThan)) return false;
    if (rule.signed !== undefined && isSigned(image) !== rule.signed) return false;
    if (!rule.vulnerabilities) return true;
    const severities = ['none', 'low', 'medium', 'high', 'critical'];
    return image.vulnerability !== undefined && severities.indexOf(image.vulnerability) >= severities.indexOf(rule.vulnerabilities.atLeast);
  }

  // 3. Protected.
  function isInUse(image: Image, path: readonly string[] = []): boolean {
    if (path.includes(image.digest)) return false; // a circle
    if (inUse.includes(image.digest)) return true;
    if (image.config !== undefined && inUse.includes(image.config)) return true;
    // Every index that holds it, to any depth; also when the child itself is not in the inventory.
    if (image.children.some((child) => inUse.includes(child))) return true;
    return image.presentChildren.flatMap(found).some((child) => isInUse(child, [...path, image.digest]));
  }

  function protectionOf(image: Image): string | undefined {
    if (isInUse(image)) return 'in_use';
    if (image.locked === true) return 'locked';
    const some = (holds: (entry: ProtectSpec) => boolean | undefined): boolean => protect.some((entry) => holds(entry) === true);
    if (some(({ digests }) => digests?.includes(image.digest))) return 'protected_digest';
    if (some(({ labels }) => labels && holdsAll(labels, image.labels))) return 'protected_label';
    if (some(({ signed }) => signed === true && isSigned(image))) return 'protected_signed';
    const time = pushedTime(image);
    return time !== undefined && now - time <= grace ? 'grace' : undefined;
  }

  function tagProtectionOf(image: Image, tag: string): string | undefined {
    if (protect.some(({ tags }) => tags && globsSelect(tags, tag))) return 'protected_tag';
    return image.lockedTags?.includes(tag) ? 'locked' : undefined;
  }

  const protection = new Map<string, string>();
  for (const image of images) {
    const code = protectionOf(image);
    if (code !== undefined) protection.set(image.digest, code);
  }

  // 5 to 7. One group of one rule.
  function judgeGroup({ keep, order = 'pushed' }: RuleSpec, members: readonly Member[]): Map<string, Verdict> {
    const { last, days, pulledDays, max } = typeof keep === 'string' ? {} : keep;
    const needsTime = isTimeOrder(order) || days !== undefined || pulledDays !== undefined;
    const time = ({ image, tags }: Member): number | undefined => standingTime(order, image, tags);
    const neverPulled = ({ image }: Member): boolean => capabilities.pulledAt && image.pulledAt === undefined;
    const pulled = ({ image }: Member): number | undefined => (capabilities.pulledAt ? knownTime(image.pulledAt, now) : undefined);
    const unknown = (member: Member): boolean =>
      (needsTime && time(member) === undefined) || (pulledDays !== undefined && !neverPulled(member) && pulled(member) === undefined);

    function keepCode(member: Member, rank: number): string | undefined {
      if (keep === 'all') return 'keep_all';
      if (keep === 'none') return undefined;
      const within = (at: number | undefined, bound: number | undefined): boolean =>
        at !== undefined && bound !== undefined && now - at <= bound * DAY;
      const maxAlone = max !== undefined && last === undefined && days === undefined && pulledDays === undefined;
      if (maxAlone) return rank <= max ? 'newest' : undefined;
      if (last !== undefined && rank <= last) return 'newest';
      if (max !== undefined && rank > max) return undefined;
      if (within(time(member), days)) return 'within_days';
      return within(pulled(member), pulledDays) || within(time(member), pulledDays) ? 'pulled_within' : undefined;
    }

    function newestFirst(a: Member, b: Member): number {
      if (isTimeOrder(order)) return (time(b) as number) - (time(a) as number);
      const highest = ({ tags }: Member): string => tags.toSorted((x, y) => compareTags(order, y, x))[0] as string;
      return compareTags(order, highest(b), highest(a));
    }

    const verdicts = new Map<string, Verdict>();
    for (const { image } of members.filter(unknown)) verdicts.set(image.digest, { keep: true, code: 'unknown_time' });
    members
      .filter((member) => !unknown(member) && !protection.has(member.image.digest))
      .sort((a, b) => newestFirst(a, b) || byCodeUnits(a.image.digest, b.image.digest))
      .forEach((member, index) => {
        const code = keepCode(member, index + 1);
        verdicts.set(member.image.digest, { keep: code !== undefined, code: code ?? 'expired', rank: index + 1 });
      });
    return verdicts;
  }

  // 4. Claim: every ordinary tag to the first rule that selects it.
  function groupOf(
    { order = 'pushed', per = 'repository', tags }: RuleSpec,
    tag: string,
  ): { readonly group?: string; readonly parses: boolean } {
    const version = parseVersion(tag);
    if ((order === 'semver' && !version) || (order === 'numeric' && !/[0-9]/.test(tag))) return { parses: false };
    if (per === 'repository') return { parses: true };
    if (per === 'major' || per === 'minor') {
      return version
        ? { parses: true, group: per === 'major' ? `${version.major}` : `${version.major}.${version.minor}` }
        : { parses: false };
    }
    const pattern = tags === undefined || Array.isArray(tags) ? undefined : tags.regex;
    return { parses: true, group: pattern === undefined ? '' : (capture(pattern, tag, per) ?? '') };
  }

  const claims: Claim[] = images.flatMap((image) =>
    image.ordinaryTags.flatMap((tag) => {
      const rule = rules.find(
        (each) => each.untagged !== true && each.orphaned !== true && tagSelected(each.tags, tag) && imageSelected(each, image),
      );
      return rule ? [{ image, tag, rule, ...groupOf(rule, tag) }] : [];
    }),
  );

  // 5 to 7 over the tagged: what becomes of every ordinary tag.
  const groups = new Map(
    claims.filter(({ parses }) => parses).map(({ rule, group }) => [JSON.stringify([rule.name, group]), { rule, group }]),
  );
  const judgedGroups = [...groups.values()].map(({ rule, group }) => {
    const ofGroup = claims.filter((claim) => claim.parses && claim.rule === rule && claim.group === group);
    const members = images.map((image): Member => ({
      image,
      tags: ofGroup.filter((claim) => claim.image === image).map(({ tag }) => tag),
    }));
    return {
      rule,
      group,
      verdicts: judgeGroup(
        rule,
        members.filter(({ tags }) => tags.length > 0),
      ),
    };
  });

  function claimVerdict(image: Image, claim: Claim | undefined): TagDecision {
    if (!claim) return { action: 'keep', code: 'no_rule' };
    const named = { rule: claim.rule.name, ...(claim.group !== undefined && { group: claim.group }) };
    if (protection.has(image.digest)) return { action: 'keep', code: protection.get(image.digest) as string, ...named };
    if (!claim.parses) return { action: 'keep', code: 'unparsable_version', ...named };
    const judged = judgedGroups.find(({ rule, group }) => rule === claim.rule && group === claim.group);
    const { keep, code, rank } = judged?.verdicts.get(image.digest) ?? { keep: true, code: 'not judged' };
    return { action: keep ? 'keep' : 'delete', code, ...named, ...(rank !== undefined && { rank }) };
  }

  function tagVerdict(image: Image, tag: string): TagDecision {
    const whole = protection.get(image.digest);
    const verdict = claimVerdict(
      image,
      claims.find((claim) => claim.image === image && claim.tag === tag),
    );
    const alone = whole ?? tagProtectionOf(image, tag);
    return alone === undefined ? verdict : { ...verdict, action: 'keep', code: alone };
  }

  const verdictsOf = new Map(
    images.map((image) => [image, image.ordinaryTags.map((tag): [string, TagDecision] => [tag, tagVerdict(image, tag)])]),
  );
  const tagDecisions = (image: Image): [string, TagDecision][] => verdictsOf.get(image) as [string, TagDecision][];

  // 8. Image: why a manifest stays by itself, closure aside.
  const stayCode = new Map<string, string>();
  for (const image of images) {
    const code = protection.get(image.digest) ?? mostTelling(tagDecisions(image).map(([, verdict]) => verdict));
    if (code !== undefined) stayCode.set(image.digest, code);
  }

  // 9. Closure.
  const staying = new Set(stayCode.keys());
  close(staying);

  // 10. Floor: one at a time, each with its closure.
  const stays = ({ digest }: Image): boolean => staying.has(digest);
  for (;;) {
    if (images.filter((image) => isTagged(image) && stays(image)).length >= keepAtLeast) break;
    // Known times lie after 2000, so that -1 puts the unknown last.
    const newest = images
      .filter((image) => isTagged(image) && !stays(image))
      .sort((a, b) => (pushedTime(b) ?? -1) - (pushedTime(a) ?? -1) || byCodeUnits(a.digest, b.digest))[0];
    if (!newest) break;
    stayCode.set(newest.digest, 'repository_floor');
    staying.add(newest.digest);
    close(staying);
  }

  // Then the untagged. The subjects of an attachment among them are not present, or it were no candidate.
  const candidates = images.filter(
    (image) => !stays(image) && !isTagged(image) && parentsOf(image).length === 0 && presentSubjectsOf(image).length === 0,
  );
  const untaggedClaim = (image: Image): RuleSpec | undefined =>
    rules.find((rule) => (image.subjects.length > 0 ? rule.orphaned === true : rule.untagged === true) && imageSelected(rule, image));
  const untaggedExpired = new Set<string>();
  for (const image of candidates) {
    const rule = untaggedClaim(image);
    const members = candidates.filter((other) => untaggedClaim(other) === rule).map((other): Member => ({ image: other, tags: [] }));
    const verdict: Verdict = rule ? (judgeGroup(rule, members).get(image.digest) as Verdict) : { keep: true, code: 'no_rule' };
    if (verdict.keep) stayCode.set(image.digest, verdict.code);
    else untaggedExpired.add(image.digest);
  }
  for (const image of candidates) if (stayCode.has(image.digest)) staying.add(image.digest);
  close(staying);

  // Writing it down.
  function closureCode(image: Image): string {
    if (parentsOf(image).some(stays)) return 'child_of_kept';
    return presentSubjectsOf(image).some(stays) ? 'attached_to_kept' : 'subject_of_kept';
  }

  function goneCode(image: Image): string {
    if (isTagged(image) || untaggedExpired.has(image.digest)) return 'expired';
    return parentsOf(image).length > 0 ? 'deleted_with_parent' : 'deleted_with_subject';
  }

  function decision(image: Image): Decision {
    const { digest } = image;
    const verdicts = tagDecisions(image);
    if (!stays(image)) return { digest, action: 'delete', untag: [], reason: goneCode(image), tags: Object.fromEntries(verdicts) };
    const own = stayCode.get(digest);
    if (own === undefined || own === 'repository_floor') {
      // By closure alone, or by the floor: with all its tags.
      const code = own ?? closureCode(image);
      return {
        digest,
        action: 'keep',
        untag: [],
        reason: code,
        tags: Object.fromEntries(verdicts.map(([tag, verdict]) => [tag, { ...verdict, action: 'keep', code }])),
      };
    }
    const mayUntag = sharedTags === 'untag' && capabilities.deleteTag;
    const tags = verdicts.map(([tag, verdict]): [string, TagDecision] => [
      tag,
      verdict.action === 'keep' || mayUntag ? verdict : { ...verdict, action: 'keep', code: 'shares_digest' },
    ]);
    const untag = tags.filter(([, { action }]) => action === 'delete').map(([tag]) => tag);
    return { digest, action: untag.length > 0 ? 'untag' : 'keep', untag, reason: own, tags: Object.fromEntries(tags) };
  }

  // 11. Incomplete: nothing is deleted, tags neither.
  function withoutLoss(made: Decision): Decision {
    const tags = Object.entries(made.tags).map(([tag, verdict]): [string, TagDecision] => [
      tag,
      verdict.action === 'delete' ? { ...verdict, action: 'keep', code: 'incomplete' } : verdict,
    ]);
    return {
      ...made,
      action: 'keep',
      untag: [],
      reason: made.action === 'delete' ? 'incomplete' : made.reason,
      tags: Object.fromEntries(tags),
    };
  }

  const decisions = images.map(decision);
  return repository.complete ? decisions : decisions.map(withoutLoss);
}
