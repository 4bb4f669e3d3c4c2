import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { attachmentTag, attestation, cosignSignature, sbom } from '../../src/demo/attachments.ts';
import { content, type Format, image, index, layer, type Pushable } from '../../src/demo/image.ts';
import { newPushSession, push, type PushOptions } from '../../src/demo/push.ts';
import { tar, writeDockerArchive } from './docker-archive.ts';
import { writeOciLayout } from './oci-layout.ts';
import { skopeoPush } from './skopeo.ts';

/** What governs the repositories of {@link fillRegistry}. */
export const POLICY = `version: 1
policies:
  - name: services
    repositories: ["team/**"]
    protect:
      - tags: [latest, prod]
    rules:
      - {name: releases, tags: ["v*"], order: semver, keep: {last: 2}}
      - {name: builds, tags: {regex: "(?<branch>.+)-[0-9]{7}"}, per: branch, keep: {last: 1, days: 3}}
      - {name: the rest, tags: ["**"], keep: {days: 30}}
      - {name: orphans, orphaned: true, keep: none}
  - name: others
    repositories: ["other/**"]
    rules:
      - {name: all, tags: ["**"], keep: all}
`;

/** A tag that by {@link POLICY} expires on an image that stays: it goes where a registry can take one tag off, and stays where not. */
export type SharedTags = Readonly<Record<string, readonly string[]>>;
export const SHARED_TAGS: SharedTags = { 'team/app': ['v1.0.1', 'old'] };

/** The ordinary tags that stay by {@link POLICY}, worked out by hand. All other ordinary tags but {@link SHARED_TAGS} go. */
export const KEPT_TAGS: Readonly<Record<string, readonly string[]>> = {
  'other/kept': ['v1.0.0', 'v1.0.1'],
  'team/app': ['feat-0000001', 'latest', 'main-0000002', 'main-0000003', 'new', 'prod', 'v1.0.4', 'v1.0.5'],
  'team/copied': ['v1.2.0', 'v1.3.0'],
  'team/deep/nested/tool': ['v1.1.0', 'v1.2.0'],
  'team/docker': ['v1.1.0', 'v1.2.0'],
};

const DAY = 24 * 60 * 60 * 1000;

/**
 * Fills a registry with all shapes of images: OCI indexes with attestations, nested and sharing children; Docker lists and schema 2 images;
 * cosign tags, one of them orphaned; referrers under fallback tags; tags that share a digest; blobs shared within and across repositories.
 * `team/copied` is pushed by skopeo, out of an OCI layout and out of docker archives; the rest by our own client.
 */
export async function fillRegistry(host: string, auth?: PushOptions['auth']): Promise<void> {
  const now = Date.now();
  const created = (days: number): string => new Date(now - days * DAY).toISOString();
  const options = { session: newPushSession(), ...(auth && { auth }) };
  const put = async (repository: string, thing: Pushable, ...tags: string[]): Promise<Pushable> => {
    await push(`http://${host}`, repository, thing, tags, options);
    return thing;
  };
  await Promise.all([fillApp(put, created), fillNested(put, created), fillDocker(put, created), copyWithSkopeo(host, created)]);
}

type Put = (repository: string, thing: Pushable, ...tags: string[]) => Promise<Pushable>;
type Created = (daysAgo: number) => string;

async function fillApp(put: Put, created: Created): Promise<void> {
  const repository = 'team/app';
  const releases: Pushable[] = [];
  for (let patch = 0; patch < 6; patch += 1) {
    const amd64 = application(`app ${patch}`, created(300 - patch * 40));
    const arm64 = application(`app ${patch}`, created(300 - patch * 40), 'linux/arm64');
    releases.push(await put(repository, index([amd64, arm64, attestation(amd64, { subject: patch % 2 === 1 })]), `v1.0.${patch}`));
  }
  await put(repository, releases[5]!, 'latest');
  await put(repository, releases[4]!, 'old');
  await put(repository, releases[1]!, 'prod');
  for (const signed of [releases[0]!, releases[5]!, application('never pushed', created(200))]) {
    await put(repository, cosignSignature(signed), attachmentTag(signed.digest, 'sig'));
  }
  for (const described of [releases[2]!, releases[4]!]) await put(repository, sbom(described, created(100)));
  const builds = {
    'main-0000001': 40,
    'main-0000002': 2,
    'main-0000003': 1,
    'feat-0000001': 10,
    'feat-0000002': 20,
    new: 10,
    ancient: 100,
  };
  for (const [tag, days] of Object.entries(builds)) await put(repository, application(tag, created(days)), tag);
  await put('other/kept', releases[0]!, 'v1.0.0');
  await put('other/kept', application('main-0000001', created(40)), 'v1.0.1');
}

async function fillNested(put: Put, created: Created): Promise<void> {
  const shared = application('tool shared', created(90));
  for (let minor = 0; minor < 3; minor += 1) {
    const age = created(90 - minor * 10);
    const inner = index([application(`tool ${minor}`, age), application(`tool ${minor}`, age, 'linux/arm64')]);
    await put('team/deep/nested/tool', index([inner, shared]), `v1.${minor}.0`);
  }
}

async function fillDocker(put: Put, created: Created): Promise<void> {
  for (let minor = 0; minor < 3; minor += 1) {
    const children = ['linux/amd64', 'linux/arm64'].map((platform) =>
      application(`docker ${minor}`, created(60 - minor), platform, 'docker'),
    );
    await put('team/docker', index(children, { format: 'docker' }), `v1.${minor}.0`);
  }
  await put('team/docker', application('docker single', created(50), 'linux/amd64', 'docker'), 'single');
}

/** Layers are not what their types say, which nobody on the way looks at. */
function application(seed: string, created: string, platform = 'linux/amd64', format: Format = 'oci'): Pushable {
  return image({
    layers: [layer(`base ${platform}`, 4096, format), layer(`${seed} ${platform}`, 1500, format)],
    created,
    platform,
    format,
  });
}

async function copyWithSkopeo(host: string, created: Created): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-fill-'));
  const layout = join(folder, 'layout');
  // Skopeo compresses layers that are not, so these are.
  const platforms = (version: string, days: number): Pushable =>
    index(
      ['linux/amd64', 'linux/arm64'].map((platform) =>
        image({
          layers: [
            content(
              'application/vnd.oci.image.layer.v1.tar+gzip',
              gzipSync(tar({ [`bin/${version}`]: Buffer.from(`${platform} ${'x'.repeat(3000)}`) })),
            ),
          ],
          created: created(days),
          platform,
        }),
      ),
    );
  await writeOciLayout(layout, { 'v1.0.0': platforms('v1.0.0', 50), 'v1.2.0': platforms('v1.2.0', 30) });
  for (const tag of ['v1.0.0', 'v1.2.0']) await skopeoPush(`oci:${layout}:${tag}`, `${host}/team/copied:${tag}`);
  for (const [tag, days] of [
    ['v1.1.0', 40],
    ['v1.3.0', 20],
  ] as const) {
    const archive = join(folder, `${tag}.tar`);
    await writeDockerArchive(archive, { tag: `copied:${tag}`, created: created(days), file: Buffer.from(`${tag} ${'y'.repeat(3000)}`) });
    await skopeoPush(`docker-archive:${archive}`, `${host}/team/copied:${tag}`);
  }
  await rm(folder, { recursive: true });
}
