// A naive, literal reading of section 4 of the design ("How a repository is decided").
// Pure: no I/O, no clock. Quadratic where that reads better.
import semver from 'semver'
import picomatch from 'picomatch'
import { RE2JS } from 're2js'

// ------------------------------------------------------------------ types

export interface TagDecision {
  action: 'keep' | 'delete'
  code: string
  rule?: string
  group?: string
  rank?: number
}

export interface Decision {
  digest: string
  action: 'keep' | 'untag' | 'delete'
  untag: string[]
  reason: string
  tags: Record<string, TagDecision>
}

interface Manifest {
  digest: string
  mediaType?: string
  artifactType?: string
  size?: number
  allTags: string[]
  ordinaryTags: string[]
  attachmentTags: string[]
  tagTimes: Record<string, unknown>
  pushedAt?: unknown
  createdAt?: unknown
  pulledAt?: unknown
  config?: string
  listedChildren: string[] // as the index lists them
  children: string[] // only those present in the repository
  subjects: string[] // digests it is attached to, present or not
  labels?: Record<string, unknown>
  annotations?: Record<string, unknown>
  platforms?: string[]
  locked: boolean
  lockedTags: string[]
  saysSigned: boolean
}

interface Capabilities {
  deleteTag: boolean
  pushedAt: boolean
  createdAt: boolean
  pulledAt: boolean
  tagTimes: boolean
}

type Rule = any
type Policy = any
type Verdict = { keep: boolean; code: string; rank?: number }

// ------------------------------------------------------------------ small things

const DAY = 24 * 60 * 60 * 1000
const YEAR_2000 = Date.UTC(2000, 0, 1)
const ATTACHMENT_TAG = /^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom)?$/
const TIME_ORDERS = ['pushed', 'created', 'tagged']

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null
}

function asList(value: any): any[] {
  if (isMissing(value)) return []
  return Array.isArray(value) ? value : [value]
}

function durationMs(text: unknown): number {
  const unit: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY, w: 7 * DAY }
  let total = 0
  for (const part of String(text).matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)/g)) {
    total += Number(part[1]) * unit[part[2]!]!
  }
  return total
}

function sizeBytes(value: unknown): number {
  if (typeof value === 'number') return value
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?\s*$/i.exec(String(value))
  if (!match) throw new Error(`not a size: ${String(value)}`)
  const power = ['', 'k', 'm', 'g', 't', 'p'].indexOf(match[2]!.toLowerCase())
  return Number(match[1]) * (match[3] ? 1024 : 1000) ** power
}

/** ms since epoch; undefined when the time is unknown in the sense of step 7. */
function knownTime(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string') return undefined
  const shape = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/.exec(value)
  if (!shape) return undefined
  const daysInMonth = new Date(Date.UTC(Number(shape[1]), Number(shape[2]), 0)).getUTCDate()
  if (Number(shape[3]) > daysInMonth) return undefined
  const time = Date.parse(value.toUpperCase())
  if (Number.isNaN(time)) return undefined
  if (time < YEAR_2000) return undefined
  if (time > now + DAY) return undefined
  return time
}

// ------------------------------------------------------------------ globs, versions, numbers

function globMatches(glob: string, name: string): boolean {
  return picomatch(glob, { dot: true, nonegate: true })(name)
}

/** Some plain glob matches and no "!" glob does. */
function globListSelects(globs: string[], name: string): boolean {
  const plain = globs.filter((glob) => !glob.startsWith('!'))
  const taken = globs.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1))
  return plain.some((glob) => globMatches(glob, name)) && !taken.some((glob) => globMatches(glob, name))
}

function parseVersion(tag: string): semver.SemVer | null {
  return /^v?[0-9]/.test(tag) ? semver.parse(tag.replace(/^v/, '')) : null
}

function numericRuns(tag: string): string[] {
  return tag.match(/[0-9]+|[^0-9]+/g) ?? []
}

function compareNumeric(a: string, b: string): number {
  const left = numericRuns(a)
  const right = numericRuns(b)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i]!
    const y = right[i]!
    const xDigits = /^[0-9]/.test(x)
    const yDigits = /^[0-9]/.test(y)
    if (xDigits && !yDigits) return -1
    if (!xDigits && yDigits) return 1
    if (xDigits && yDigits) {
      const nx = BigInt(x)
      const ny = BigInt(y)
      if (nx !== ny) return nx < ny ? -1 : 1
    } else if (x !== y) {
      return byCodeUnits(x, y)
    }
  }
  return left.length - right.length
}

/** Ascending: a negative number means that a is the lower (older) tag. */
function compareTags(order: string, a: string, b: string): number {
  if (order === 'semver') return semver.compare(parseVersion(a)!, parseVersion(b)!)
  if (order === 'numeric') return compareNumeric(a, b)
  return byCodeUnits(a, b)
}

// ------------------------------------------------------------------ the procedure

export function decide(repo: any, policies: any[], inUse: string[], now: number): Decision[] {
  // ---- reading the inventory element, with its defaults
  const raw: any[] = [...asList(repo.manifests)].sort((a, b) => byCodeUnits(a.digest, b.digest))
  const presentDigests = new Set<string>(raw.map((m) => m.digest))
  const manifests: Manifest[] = raw.map((m) => readManifest(m, presentDigests))
  const byDigest = new Map(manifests.map((m) => [m.digest, m]))
  const caps = readCapabilities(repo.capabilities ?? {}, raw)

  // ---- 1. governing policy
  const policy: Policy | undefined = policies.find(
    (p) =>
      (isMissing(p.registries) || asList(p.registries).includes(repo.registry)) &&
      globListSelects(isMissing(p.repositories) ? ['**'] : asList(p.repositories), repo.repository ?? ''),
  )
  if (!policy) {
    return manifests.map((m) => keptWhole(m, 'ungoverned'))
  }
  const rules: Rule[] = asList(policy.rules)
  const keepAtLeast: number = policy.keepAtLeast ?? 1
  const graceMs = durationMs(policy.grace ?? '1h')
  const sharedTags: string = policy.sharedTags ?? 'untag'

  // ---- 2. graph
  const attachmentsOf = (m: Manifest) => manifests.filter((a) => a.subjects.includes(m.digest))
  const presentSubjectsOf = (m: Manifest) => m.subjects.flatMap((d) => byDigest.get(d) ?? [])
  const parentsOf = (m: Manifest) => manifests.filter((p) => p.children.includes(m.digest))

  /** Step 9: adds everything that a staying manifest needs, to any depth. */
  function close(staying: Set<string>): void {
    for (let changed = true; changed; ) {
      changed = false
      for (const m of manifests) {
        if (!staying.has(m.digest)) continue
        const needed = [...m.children, ...attachmentsOf(m).map((a) => a.digest), ...presentSubjectsOf(m).map((s) => s.digest)]
        for (const digest of needed) {
          if (!staying.has(digest)) {
            staying.add(digest)
            changed = true
          }
        }
      }
    }
  }

  // ---- clocks
  /** `pushed`, or `created` where the registry has no pushed times at all. */
  function pushedClock(m: Manifest): number | undefined {
    return knownTime(caps.pushedAt ? m.pushedAt : createdDatum(m), now)
  }
  function createdDatum(m: Manifest): unknown {
    return caps.createdAt ? m.createdAt : undefined
  }
  /** The time that stands for an image in a group of a rule: what it is ranked and aged by. */
  function standingTime(order: string, m: Manifest, claimedTags: string[]): number | undefined {
    if (order === 'created') return knownTime(createdDatum(m), now)
    if (order === 'tagged' && caps.tagTimes) {
      const times = claimedTags.map((tag) => knownTime(m.tagTimes[tag], now))
      if (times.length === 0 || times.includes(undefined)) return undefined
      return Math.max(...(times as number[]))
    }
    return pushedClock(m)
  }

  // ---- selectors
  function isSignature(m: Manifest): boolean {
    return [m.artifactType, m.mediaType].some(
      (type) =>
        type === 'application/vnd.dev.cosign.artifact.sig.v1+json' ||
        type === 'application/vnd.cncf.notary.signature' ||
        (type !== undefined && type.startsWith('application/vnd.dev.sigstore.bundle.')),
    )
  }
  function isSigned(m: Manifest): boolean {
    const tagged = `sha256-${m.digest.replace(/^sha256:/, '')}`
    return (
      m.saysSigned ||
      manifests.some((a) => a.attachmentTags.includes(`${tagged}.sig`)) ||
      attachmentsOf(m).some(isSignature) ||
      // what a fallback tag's index lists is a referrer too, with or without a subject field
      manifests.some((f) => f.attachmentTags.includes(tagged) && f.children.some((c) => isSignature(byDigest.get(c)!)))
    )
  }
  function holdsAll(wanted: Record<string, unknown>, have: Record<string, unknown> | undefined): boolean {
    if (have === undefined) return false
    return Object.entries(wanted).every(([key, value]) => Object.hasOwn(have, key) && String(have[key]) === String(value))
  }
  function oneOf(wanted: any, have: string[]): boolean {
    return asList(wanted).some((w) => have.some((h) => h === w || globMatches(w, h)))
  }
  /** Every selector that looks at the manifest and not at a tag. */
  function manifestSelected(s: any, m: Manifest): boolean {
    if (!isMissing(s.digests) && !asList(s.digests).includes(m.digest)) return false
    if (!isMissing(s.labels) && !holdsAll(s.labels, m.labels)) return false
    if (!isMissing(s.annotations) && !holdsAll(s.annotations, m.annotations)) return false
    if (!isMissing(s.mediaTypes) && !oneOf(s.mediaTypes, m.mediaType === undefined ? [] : [m.mediaType])) return false
    if (!isMissing(s.artifactTypes) && !oneOf(s.artifactTypes, m.artifactType === undefined ? [] : [m.artifactType])) return false
    if (!isMissing(s.platforms) && !oneOf(s.platforms, m.platforms ?? [])) return false
    if (!isMissing(s.largerThan) && !(typeof m.size === 'number' && m.size > sizeBytes(s.largerThan))) return false
    if (!isMissing(s.signed) && isSigned(m) !== s.signed) return false
    if (!isMissing(s.vulnerabilities)) return false // no such datum here: does not select
    return true
  }
  function regexMatch(pattern: string, tag: string) {
    const matcher = RE2JS.compile(pattern).matcher(tag)
    return matcher.matches() ? matcher : undefined
  }
  function tagSelected(tags: any, tag: string): boolean {
    if (isMissing(tags)) return true
    if (typeof tags === 'string' || Array.isArray(tags)) return globListSelects(asList(tags), tag)
    if (!isMissing(tags.include) && !globListSelects(asList(tags.include), tag)) return false
    if (asList(tags.exclude).some((glob) => globMatches(glob, tag))) return false
    if (!isMissing(tags.regex) && !regexMatch(tags.regex, tag)) return false
    if (!isMissing(tags.semver)) {
      const version = parseVersion(tag)
      if (!version || !semver.satisfies(version, tags.semver, { includePrerelease: true })) return false
    }
    return true
  }

  // ---- 3. protected
  function isInUse(m: Manifest, path: string[] = []): boolean {
    if (path.includes(m.digest)) return false // a circle
    if (inUse.includes(m.digest)) return true
    if (m.config !== undefined && inUse.includes(m.config)) return true
    // every index that holds it, to any depth; also when the child itself is not in the inventory
    if (m.listedChildren.some((child) => inUse.includes(child))) return true
    return m.children.some((child) => isInUse(byDigest.get(child)!, [...path, m.digest]))
  }
  function protectionOf(m: Manifest): string | undefined {
    if (isInUse(m)) return 'in_use'
    if (m.locked) return 'locked'
    const whole = asList(policy.protect).filter((p) => isMissing(p.tags) && manifestSelected(p, m))
    if (whole.some((p) => !isMissing(p.digests))) return 'protected_digest'
    if (whole.some((p) => isMissing(p.signed) || !isMissing(p.labels))) return 'protected_label' // labels, annotations, …
    if (whole.length > 0) return 'protected_signed'
    const time = pushedClock(m)
    if (time !== undefined && now - time <= graceMs) return 'grace'
    return undefined
  }
  function tagProtectionOf(m: Manifest, tag: string): string | undefined {
    const entries = asList(policy.protect).filter((p) => !isMissing(p.tags))
    if (entries.some((p) => tagSelected(p.tags, tag) && manifestSelected(p, m))) return 'protected_tag'
    if (m.lockedTags.includes(tag)) return 'locked'
    return undefined
  }
  const protection = new Map<string, string>()
  for (const m of manifests) {
    const code = protectionOf(m)
    if (code) protection.set(m.digest, code)
  }

  // ---- 5, 6, 7: one group of one rule
  type Member = { manifest: Manifest; tags: string[] } // tags: its claimed tags in the group that parse
  function judgeGroup(rule: Rule, members: Member[]): Map<string, Verdict> {
    const order: string = rule.order ?? 'pushed'
    const timeOrder = TIME_ORDERS.includes(order)
    const keep = rule.keep
    const days: number | undefined = keep.days
    const pulledDays: number | undefined = keep.pulledDays
    const needsTime = timeOrder || !isMissing(days) || !isMissing(pulledDays)
    const needsPull = !isMissing(pulledDays)
    const verdicts = new Map<string, Verdict>()

    const time = (x: Member) => standingTime(order, x.manifest, x.tags)
    const neverPulled = (x: Member) => caps.pulledAt && isMissing(x.manifest.pulledAt)
    const pulled = (x: Member) => (caps.pulledAt ? knownTime(x.manifest.pulledAt, now) : undefined)
    const unknown = (x: Member) =>
      (needsTime && time(x) === undefined) || (needsPull && !neverPulled(x) && pulled(x) === undefined)

    for (const x of members.filter(unknown)) verdicts.set(x.manifest.digest, { keep: true, code: 'unknown_time' })

    const highest = (x: Member) => [...x.tags].sort((a, b) => compareTags(order, b, a))[0]!
    const ranked = members
      .filter((x) => !unknown(x) && !protection.has(x.manifest.digest))
      .sort((a, b) => {
        const newestFirst = timeOrder ? time(b)! - time(a)! : compareTags(order, highest(b), highest(a))
        return newestFirst !== 0 ? newestFirst : byCodeUnits(a.manifest.digest, b.manifest.digest)
      })

    ranked.forEach((x, index) => {
      const rank = index + 1
      verdicts.set(x.manifest.digest, { ...keepVerdict(x, rank), rank })
    })
    return verdicts

    function keepVerdict(x: Member, rank: number): Verdict {
      if (keep === 'all') return { keep: true, code: 'keep_all' }
      if (keep === 'none') return { keep: false, code: 'expired' }
      const hasMax = !isMissing(keep.max)
      const withinMax = !hasMax || rank <= keep.max
      const maxAlone = hasMax && isMissing(keep.last) && isMissing(days) && isMissing(pulledDays)
      if (maxAlone) return rank <= keep.max ? { keep: true, code: 'newest' } : { keep: false, code: 'expired' }
      if (!isMissing(keep.last) && rank <= keep.last) return { keep: true, code: 'newest' }
      if (!isMissing(days) && now - time(x)! <= days! * DAY && withinMax) return { keep: true, code: 'within_days' }
      if (!isMissing(pulledDays) && withinMax) {
        const pull = pulled(x)
        if (pull !== undefined && now - pull <= pulledDays! * DAY) return { keep: true, code: 'pulled_within' }
        if (now - time(x)! <= pulledDays! * DAY) return { keep: true, code: 'pulled_within' }
      }
      return { keep: false, code: 'expired' }
    }
  }

  // ---- 4. claim: every ordinary tag to the first rule that selects it
  type Claim = { manifest: Manifest; tag: string; rule: Rule; group?: string; parses: boolean }
  const claims: Claim[] = []
  for (const m of manifests) {
    for (const tag of m.ordinaryTags) {
      const rule = rules.find(
        (r) => r.untagged !== true && r.orphaned !== true && tagSelected(r.tags, tag) && manifestSelected(r, m),
      )
      if (rule) claims.push({ manifest: m, tag, rule, ...groupOf(rule, tag) })
    }
  }
  function groupOf(rule: Rule, tag: string): { group?: string; parses: boolean } {
    const order = rule.order ?? 'pushed'
    const version = parseVersion(tag)
    if (order === 'semver' && !version) return { parses: false }
    if (order === 'numeric' && !/[0-9]/.test(tag)) return { parses: false }
    if (isMissing(rule.per) || rule.per === 'repository') return { parses: true }
    if (rule.per === 'major' || rule.per === 'minor') {
      if (!version) return { parses: false }
      return { parses: true, group: rule.per === 'major' ? `${version.major}` : `${version.major}.${version.minor}` }
    }
    return { parses: true, group: regexMatch(rule.tags.regex, tag)?.group(rule.per) ?? '' }
  }

  // ---- 5-7 over the tagged; the verdict of every ordinary tag
  const tagVerdicts = new Map<string, Map<string, TagDecision>>() // digest → tag → verdict
  for (const m of manifests) {
    const verdicts = new Map<string, TagDecision>()
    for (const tag of m.ordinaryTags) {
      const claim = claims.find((c) => c.manifest === m && c.tag === tag)
      verdicts.set(tag, verdictOf(m, tag, claim))
    }
    tagVerdicts.set(m.digest, verdicts)
  }
  function verdictOf(m: Manifest, tag: string, claim: Claim | undefined): TagDecision {
    const whole = protection.get(m.digest)
    if (whole) return { action: 'keep', code: whole, ...named(claim) }
    const verdict = claimVerdict(m, claim)
    const alone = tagProtectionOf(m, tag)
    return alone ? { ...verdict, action: 'keep', code: alone } : verdict
  }
  function claimVerdict(m: Manifest, claim: Claim | undefined): TagDecision {
    if (!claim) return { action: 'keep', code: 'no_rule' }
    if (!claim.parses) return { action: 'keep', code: 'unparsable_version', ...named(claim) }
    const group = claims.filter((c) => c.rule === claim.rule && c.parses && c.group === claim.group)
    const members: Member[] = manifests
      .map((x) => ({ manifest: x, tags: group.filter((c) => c.manifest === x).map((c) => c.tag) }))
      .filter((x) => x.tags.length > 0)
    const verdict = judgeGroup(claim.rule, members).get(m.digest)!
    return {
      action: verdict.keep ? 'keep' : 'delete',
      code: verdict.code,
      ...named(claim),
      ...(verdict.rank === undefined ? {} : { rank: verdict.rank }),
    }
  }
  function named(claim: Claim | undefined): { rule?: string; group?: string } {
    return {
      ...(isMissing(claim?.rule.name) ? {} : { rule: claim!.rule.name }),
      ...(claim?.group === undefined ? {} : { group: claim.group }),
    }
  }

  // ---- 8. image
  const isTagged = (m: Manifest) => m.ordinaryTags.length > 0
  const hasKeptTag = (m: Manifest) => [...tagVerdicts.get(m.digest)!.values()].some((v) => v.action === 'keep')
  const stayCode = new Map<string, string>() // why a manifest stays by itself, closure aside
  for (const m of manifests) {
    const whole = protection.get(m.digest)
    if (whole) stayCode.set(m.digest, whole)
    else if (hasKeptTag(m)) stayCode.set(m.digest, mostTelling([...tagVerdicts.get(m.digest)!.values()]))
  }

  // ---- 9. closure
  const staying = new Set(stayCode.keys())
  close(staying)

  // ---- 10. floor: one at a time, each with its closure
  for (;;) {
    const taggedThatStay = manifests.filter((m) => isTagged(m) && staying.has(m.digest))
    if (taggedThatStay.length >= keepAtLeast) break
    const doomed = manifests.filter((m) => isTagged(m) && !staying.has(m.digest))
    if (doomed.length === 0) break
    doomed.sort(
      (a, b) =>
        (pushedClock(b) ?? -1) - (pushedClock(a) ?? -1) || // known times are after 2000: unknown is last
        byCodeUnits(a.digest, b.digest),
    )
    stayCode.set(doomed[0]!.digest, 'repository_floor')
    staying.add(doomed[0]!.digest)
    close(staying)
  }

  // ---- then the untagged
  const untaggedExpired = new Set<string>()
  const candidates = manifests.filter(
    (m) => !staying.has(m.digest) && !isTagged(m) && parentsOf(m).length === 0 && presentSubjectsOf(m).length === 0,
  )
  const isOrphaned = (m: Manifest) => m.subjects.length > 0 // its subjects are not present, or it were no candidate
  const untaggedClaim = (m: Manifest): Rule | undefined =>
    rules.find(
      (r) =>
        (isOrphaned(m) ? r.orphaned === true : r.untagged === true && r.orphaned !== true) &&
        isMissing(r.tags) &&
        manifestSelected(r, m),
    )
  for (const m of candidates) {
    const rule = untaggedClaim(m)
    if (!rule) {
      stayCode.set(m.digest, 'no_rule')
      continue
    }
    const members = candidates.filter((x) => untaggedClaim(x) === rule).map((x) => ({ manifest: x, tags: [] }))
    const verdict = judgeGroup(rule, members).get(m.digest)!
    if (verdict.keep) stayCode.set(m.digest, verdict.code)
    else untaggedExpired.add(m.digest)
  }
  for (const m of candidates) if (stayCode.has(m.digest)) staying.add(m.digest)
  close(staying)

  // ---- writing it down
  function closureCode(m: Manifest): string {
    if (parentsOf(m).some((p) => staying.has(p.digest))) return 'child_of_kept'
    if (presentSubjectsOf(m).some((s) => staying.has(s.digest))) return 'attached_to_kept'
    return 'subject_of_kept'
  }
  function goneCode(m: Manifest): string {
    if (isTagged(m) || untaggedExpired.has(m.digest)) return 'expired'
    if (parentsOf(m).length > 0) return 'deleted_with_parent'
    return 'deleted_with_subject'
  }
  function decision(m: Manifest): Decision {
    const verdicts = tagVerdicts.get(m.digest)!
    const tags: Record<string, TagDecision> = {}

    if (!staying.has(m.digest)) {
      for (const [tag, verdict] of verdicts) tags[tag] = { ...verdict }
      return { digest: m.digest, action: 'delete', untag: [], reason: goneCode(m), tags }
    }

    const ownCode = stayCode.get(m.digest)
    if (ownCode === undefined || ownCode === 'repository_floor') {
      // by closure alone, or by the floor: with all its tags
      const code = ownCode ?? closureCode(m)
      for (const [tag, verdict] of verdicts) tags[tag] = { ...verdict, action: 'keep', code }
      return { digest: m.digest, action: 'keep', untag: [], reason: code, tags }
    }

    const mayUntag = sharedTags === 'untag' && caps.deleteTag
    for (const [tag, verdict] of verdicts) {
      tags[tag] =
        verdict.action === 'keep' || mayUntag ? { ...verdict } : { ...verdict, action: 'keep', code: 'shares_digest' }
    }
    const untag = m.ordinaryTags.filter((tag) => tags[tag]!.action === 'delete')
    return { digest: m.digest, action: untag.length > 0 ? 'untag' : 'keep', untag, reason: ownCode, tags }
  }

  // ---- 11. incomplete: nothing is deleted, tags neither
  function withoutLoss(d: Decision): Decision {
    const tags: Record<string, TagDecision> = {}
    for (const [tag, t] of Object.entries(d.tags)) {
      tags[tag] = t.action === 'delete' ? { ...t, action: 'keep', code: 'incomplete' } : t
    }
    return { ...d, action: 'keep', untag: [], reason: d.action === 'delete' ? 'incomplete' : d.reason, tags }
  }

  const decisions = manifests.map(decision)
  return repo.complete === false ? decisions.map(withoutLoss) : decisions
}

// ------------------------------------------------------------------ reading

function readManifest(m: any, present: Set<string>): Manifest {
  const allTags = [...new Set<string>(asList(m.tags))].sort(byCodeUnits)
  const attachmentTags = allTags.filter((tag) => ATTACHMENT_TAG.test(tag))
  const subjects = new Set<string>(attachmentTags.map((tag) => `sha256:${ATTACHMENT_TAG.exec(tag)![1]}`))
  if (typeof m.subject === 'string' && m.subject !== '') subjects.add(m.subject)
  subjects.delete(m.digest)
  return {
    digest: m.digest,
    mediaType: m.mediaType ?? undefined,
    artifactType: m.artifactType ?? undefined,
    size: m.size ?? undefined,
    allTags,
    ordinaryTags: allTags.filter((tag) => !ATTACHMENT_TAG.test(tag)),
    attachmentTags,
    tagTimes: m.tagTimes ?? {},
    pushedAt: m.pushedAt,
    createdAt: m.createdAt,
    pulledAt: m.pulledAt,
    config: m.config ?? undefined,
    listedChildren: asList(m.children),
    children: [...new Set<string>(asList(m.children))].filter((c) => present.has(c) && c !== m.digest).sort(byCodeUnits),
    subjects: [...subjects].sort(byCodeUnits),
    labels: m.labels ?? undefined,
    annotations: m.annotations ?? undefined,
    platforms: m.platforms ?? undefined,
    locked: m.locked === true,
    lockedTags: asList(m.lockedTags),
    saysSigned: m.signed === true,
  }
}

function readCapabilities(c: any, raw: any[]): Capabilities {
  return {
    deleteTag: c.deleteTag ?? false,
    pushedAt: c.pushedAt ?? true,
    createdAt: c.createdAt ?? true,
    pulledAt: c.pulledAt ?? raw.some((m) => !isMissing(m.pulledAt)),
    tagTimes: c.tagTimes ?? raw.some((m) => Object.keys(m.tagTimes ?? {}).length > 0),
  }
}

function keptWhole(m: Manifest, code: string): Decision {
  const tags: Record<string, TagDecision> = {}
  for (const tag of m.ordinaryTags) tags[tag] = { action: 'keep', code }
  return { digest: m.digest, action: 'keep', untag: [], reason: code, tags }
}

/** The strongest of the reasons that an image's kept tags give. */
function mostTelling(verdicts: TagDecision[]): string {
  const strength = [
    'protected_tag', 'locked', 'newest', 'within_days', 'pulled_within', 'keep_all',
    'unknown_time', 'unparsable_version', 'no_rule',
  ]
  const kept = verdicts.filter((v) => v.action === 'keep').map((v) => v.code)
  return strength.find((code) => kept.includes(code))!
}
