import { attachmentTag, attestation, cosignSignature, helmChart, sbom } from '../../src/demo/attachments.ts';
import { artifact, content, type Format, image, index, layer, type Pushable } from '../../src/demo/image.ts';
import type { Digest } from '../../src/domain/digest.ts';
import type { Push } from './contract-target.ts';

/** What an image says of itself. */
export interface Facts {
  readonly createdAt: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly platforms: readonly string[];
}

const facts = new Map<Digest, Facts>();
const configs = new Map<Digest, Digest>();

/** What each image and index of the histories below says of itself, by digest, worked out by hand. */
export const FACTS: ReadonlyMap<Digest, Facts> = facts;
/** The configs that tell something, by the image's digest. Those of signatures and attestations tell nothing. */
export const CONFIGS: ReadonlyMap<Digest, Digest> = configs;

interface AppParts {
  readonly created?: string;
  readonly platform?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly format?: Format;
}

/** An image like any other. */
export function app(
  seed: string,
  { created, platform = 'linux/amd64', labels, format = 'oci' }: AppParts = { created: time(1) },
): Pushable {
  const layers = [layer('base', 200, format), layer(`${seed} ${platform}`, 100, format)];
  const made = image({ layers, platform, format, ...(created !== undefined && { created }), ...(labels && { labels }) });
  configs.set(made.digest, made.blobs[0]!.digest);
  return known(made, { createdAt: created, labels, platforms: [platform] });
}

function known(thing: Pushable, { createdAt, labels, platforms }: Partial<Facts>): Pushable {
  facts.set(thing.digest, { createdAt, labels, platforms: platforms ?? [] });
  return thing;
}

/** A signature as newer versions of cosign store it: a referrer. */
function signatureOf(subject: Pushable): Pushable {
  const layers = [content('application/vnd.dev.cosign.simplesigning.v1+json', subject.digest)];
  return artifact({ artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json', layers, subject });
}

/** A day of 2025. */
function time(day: number): string {
  return new Date(Date.UTC(2025, 0, day, 12)).toISOString();
}

const BOTH = ['linux/amd64', 'linux/arm64'];
const arm = { platform: 'linux/arm64' };

/** A child of indexes that stay and of indexes that go. */
const common = app('common', { created: time(2) });

const labels = { 'org.example.team': 'web' };
const releaseAmd = app('release', { created: time(3), labels: { ...labels, 'org.example.word': 'one' } });
const releaseArm = app('release', { created: time(4), labels: { ...labels, 'org.example.word': 'another' }, ...arm });
const annotations = { 'org.opencontainers.image.version': '1.0.0' };
const release = known(index([releaseAmd, releaseArm, attestation(releaseAmd)], { annotations }), {
  createdAt: time(4),
  labels,
  platforms: BOTH,
});
const releaseBill = sbom(release, time(5));
const releaseBillSignature = signatureOf(releaseBill);
const inner = index([app('inner', { created: time(6) }), app('inner', { created: time(6), ...arm })]);
const nested = known(index([inner, common]), { createdAt: time(6), platforms: BOTH });
const dockerAmd = app('docker', { created: time(7), format: 'docker' });
const dockerArm = app('docker', { created: time(7), format: 'docker', ...arm });
const docker = known(index([dockerAmd, dockerArm], { format: 'docker' }), { createdAt: time(7), platforms: BOTH });
const shared = app('shared', { created: time(8) });
const chart = known(helmChart({ name: 'web', version: '1.0.0', created: time(9) }), { createdAt: time(9) });
const timeless = app('timeless', {});
const orphan = cosignSignature(app('never pushed'));
const untagged = app('untagged');
const untaggedSigned = app('untagged and signed');

const oldAmd = app('old', { created: time(3) });
const oldEntry = attestation(oldAmd, { subject: true });
const old = known(index([oldAmd, common, oldEntry]), { createdAt: time(3), platforms: ['linux/amd64'] });
const oldSignature = cosignSignature(old);
const oldAttestation = artifact({
  config: content('application/vnd.oci.image.config.v1+json', '{}'),
  layers: [content('application/vnd.dsse.envelope.v1+json', '{"payload":"b2xk"}')],
});
const oldBill = sbom(old, time(5));
const oldBillSignature = signatureOf(oldBill);
const oldChildBill = sbom(oldAmd, time(5));
const oldDeep = [app('old deep', { created: time(4) }), app('old deep', { created: time(4), ...arm })];
const oldInner = index(oldDeep);
const oldNested = known(index([oldInner, common]), { createdAt: time(4), platforms: BOTH });
const oldDockerAmd = app('old docker', { created: time(5), format: 'docker' });
const oldDocker = known(index([oldDockerAmd], { format: 'docker' }), { createdAt: time(5), platforms: ['linux/amd64'] });
const oldSingle = app('old single', { created: time(6) });

/** A repository with one of everything: what stays first, then what goes when every `old-` tag expires. */
export const HISTORY: readonly Push[] = (
  [
    [release, 'keep-1.0.0', 'keep-latest'],
    [cosignSignature(release), attachmentTag(release.digest, 'sig')],
    [releaseBill],
    [releaseBillSignature],
    [sbom(releaseAmd, time(5))],
    [nested, 'keep-nested'],
    [docker, 'keep-docker'],
    [dockerAmd, 'keep-docker-amd64'],
    [shared, 'keep-shared', 'old-shared'],
    [chart, 'keep-chart'],
    [timeless, 'keep-timeless'],
    [orphan, attachmentTag(app('never pushed').digest, 'sig')],
    [untagged],
    [untaggedSigned],
    [cosignSignature(untaggedSigned), attachmentTag(untaggedSigned.digest, 'sig')],
    [old, 'old-1.0.0', 'old-1.0'],
    [oldSignature, attachmentTag(old.digest, 'sig')],
    [oldAttestation, attachmentTag(oldAmd.digest, 'att')],
    [oldBill],
    [oldBillSignature],
    [oldChildBill],
    [oldNested, 'old-nested'],
    [oldDocker, 'old-docker'],
    [oldSingle, 'old-single'],
  ] as const satisfies readonly (readonly [Pushable, ...string[]])[]
).map(([thing, ...tags], position) => pushed(thing, tags, position));

function pushed(thing: Pushable, tags: readonly string[], position: number): Push {
  const pulled = position % 3 === 0 ? { pulledAt: time(60 + position) } : {};
  return { thing, tags, pushedAt: time(20 + position), ...pulled, vulnerability: position % 2 === 0 ? 'high' : 'none' };
}

const smallOld = index([oldAmd, common]);

/** What goes of {@link HISTORY}, with the fallback tags of all of it. */
export const GOES: readonly Pushable[] = [
  old,
  oldAmd,
  oldEntry.child,
  oldSignature,
  oldAttestation,
  oldBill,
  oldBillSignature,
  oldChildBill,
  oldNested,
  oldInner,
  ...oldDeep,
  oldDocker,
  oldDockerAmd,
  oldSingle,
];

/** What of {@link HISTORY} is attached to something by its digest alone. */
export const ATTACHED_BY_DIGEST: ReadonlySet<Digest> = new Set(
  HISTORY.filter(({ thing, tags }) => tags.length === 0 && thing.subject !== undefined).map(({ thing }) => thing.digest),
);

/** Members of these histories that checks speak of. */
export const THINGS = { release, releaseAmd, shared, untagged, old, oldAmd, oldBill, oldNested, oldInner, oldSingle, smallOld } as const;

/** Still smaller, for checks that go through it over and over: an image with a child and an attachment that goes, and one that stays. */
export const TINY: readonly Push[] = [
  { thing: index([oldAmd]), tags: ['old-1'], pushedAt: time(20) },
  { thing: sbom(oldAmd, time(5)), tags: [], pushedAt: time(20) },
  { thing: shared, tags: ['keep-1', 'old-shared'], pushedAt: time(21) },
];

/** One image that stays, of which a tag goes. */
export const SHARED: readonly Push[] = [{ thing: shared, tags: ['keep-1', 'old-shared'], pushedAt: time(21) }];

/** One image that goes, and one that stays. */
export const LONELY: readonly Push[] = [
  { thing: oldSingle, tags: ['old-single'], pushedAt: time(22) },
  { thing: shared, tags: ['keep-1'], pushedAt: time(21) },
];

/** A small repository, for checks that change it. Every `old-` tag goes here too. */
export const SMALL: readonly Push[] = [
  { thing: smallOld, tags: ['old-1', 'old-1.0'], pushedAt: time(20) },
  { thing: sbom(oldAmd, time(5)), tags: [], pushedAt: time(20) },
  { thing: shared, tags: ['keep-1', 'old-shared'], pushedAt: time(21) },
  { thing: cosignSignature(shared), tags: [attachmentTag(shared.digest, 'sig')], pushedAt: time(21) },
  { thing: oldSingle, tags: ['old-single'], pushedAt: time(22) },
];

/** The same with an index that goes and holds another. */
export const NESTED: readonly Push[] = [...SMALL, { thing: oldNested, tags: ['old-nested'], pushedAt: time(23) }];
