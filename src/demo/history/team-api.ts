import { attachmentTag, cosignSignature, sbom } from '../attachments.ts';
import { index, type Pushable } from '../image.ts';
import { appImage, type Build, commit, daysBefore } from './build.ts';

/** Patch releases of each minor, oldest first, and the days between them. */
const MINORS: readonly (readonly [minor: string, patches: number, days: number])[] = [
  ['1.0', 6, 14],
  ['1.1', 8, 11],
  ['1.2', 10, 9],
  ['2.0', 9, 8],
  ['2.1', 5, 6],
];

/**
 * A service with releases for two platforms, each signed by cosign and with an SBOM as referrer. The tags `v1`, `v1.2`, `latest` and
 * `stable` move: they share the digest of a release. Two signatures have outlived their images.
 */
export function teamApi(now: Date): Build[] {
  let age = MINORS.reduce((sum, [, patches, days]) => sum + patches * days, 2);
  const builds: Build[] = [];
  for (const [minor, patches, days] of MINORS) {
    for (let patch = 0; patch < patches; patch += 1) {
      age -= days;
      const version = `v${minor}.${patch}`;
      if (version === 'v2.0.0')
        for (const candidate of [1, 2, 3]) builds.push(...release(now, age + 4 - candidate, `${version}-rc.${candidate}`, []));
      builds.push(...release(now, age, version, patch === patches - 1 ? floating(minor) : []));
    }
  }
  for (const lost of ['v0.9.0', 'v0.9.1']) builds.push(signatureOf(multiArch(lost, daysBefore(now, 460))));
  return builds;
}

function floating(minor: string): string[] {
  const more: Readonly<Record<string, readonly string[]>> = { '1.2': ['v1'], '2.0': ['stable'], '2.1': ['v2', 'latest'] };
  return [`v${minor}`, ...(more[minor] ?? [])];
}

function release(now: Date, age: number, version: string, tags: readonly string[]): Build[] {
  const created = daysBefore(now, age);
  const image = multiArch(version, created);
  return [{ thing: image, tags: [version, ...tags] }, signatureOf(image), { thing: sbom(image, created), tags: [] }];
}

function multiArch(version: string, created: string): Pushable {
  const labels = { 'org.opencontainers.image.version': version, 'org.opencontainers.image.revision': commit(`api ${version}`) };
  const parts = { app: 'api', dependencies: version.split('.').slice(0, 2).join('.'), build: version, created, labels };
  return index(['linux/amd64', 'linux/arm64'].map((platform) => appImage({ ...parts, platform })));
}

function signatureOf(image: Pushable): Build {
  return { thing: cosignSignature(image), tags: [attachmentTag(image.digest, 'sig')] };
}
