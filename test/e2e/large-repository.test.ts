import { createHash } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { OCI_INDEX, OCI_MANIFEST } from '../../src/domain/media-types.ts';
import { adminUser } from '../fakes/acr/accounts.ts';
import { startFakeAcr } from '../fakes/acr/fake-acr.ts';
import { unlocked } from '../fakes/acr/store.ts';
import { OWNER as AWS, startFakeEcr } from '../fakes/ecr/fake-ecr.ts';
import { LOCATION, OWNER as GOOGLE, startFakeGar } from '../fakes/gar/fake-gar.ts';
import { SWEEPING } from '../sweep.ts';
import { newUser } from './program.ts';
import { asDigest } from '../digest.ts';
import type { Digest } from '../../src/domain/digest.ts';

const COUNT = SWEEPING ? 100_000 : 3000;
/** Of ACR every manifest is read where none is in the cache: REGPRUNE_SOAK=1 takes a hundred thousand, which needs minutes. */
const COUNT_READ = process.env['REGPRUNE_SOAK'] === '1' ? 100_000 : 1000;
const MINUTE = 60_000;
const LONG = 10 * MINUTE;
const START = Date.UTC(2026, 0, 1);
const CONFIG = 'application/vnd.oci.image.config.v1+json';
/** More than this the program may not keep of the largest repository. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=512' };
/** What goes of an image a minute each, the newest ten of which stay. */
const PRUNE = ['prune', '--tags', '**', '--keep-last', '10', '--max-deletions', String(COUNT)];

interface Large {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly tag: string;
  readonly children: readonly Digest[];
  readonly time: number;
}

/** Tagged images, one for each minute, of which every hundredth is an index of the two before. */
function* many(count: number): Generator<Large> {
  let before: Digest[] = [];
  for (let n = 0; n < count; n++) {
    const children = n % 100 === 99 ? before.slice(-2) : [];
    const document =
      children.length > 0
        ? { schemaVersion: 2, mediaType: OCI_INDEX, manifests: children.map((digest) => ({ mediaType: OCI_MANIFEST, digest, size: 100 })) }
        : {
            schemaVersion: 2,
            mediaType: OCI_MANIFEST,
            config: { mediaType: CONFIG, digest: sha256(`config ${n}`), size: 10 },
            layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: sha256(`layer ${n}`), size: 1000 }],
          };
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = sha256(bytes);
    before = [...before.slice(-1), digest];
    yield { digest, mediaType: document.mediaType, bytes, tag: `build-${n}`, children, time: START + n * MINUTE };
  }
}

function sha256(data: string | Buffer): Digest {
  return asDigest(`sha256:${createHash('sha256').update(data).digest('hex')}`);
}

/** Plans, and expects all but what stays to go. */
async function prune(
  image: string,
  env: Readonly<Record<string, string>>,
  count: number,
  stays: number,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const user = await newUser({ env: { ...env, ...HEAP }, files });
  const { code, stdout, stderr } = await user.run(...PRUNE, image);
  expect(code, stderr).toBe(0);
  const number = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
  expect(stdout).toMatch(new RegExp(`^  delete +${number(count - stays)} images .*^  keep +${number(stays)} images$`, 'ms'));
}

it(
  `${COUNT} images of one ECR repository are planned with a request for each page of 1000 and each 100 indexes, though it throttles`,
  async () => {
    const fake = await startFakeEcr();
    onTestFinished(() => fake.close());
    const { images } = fake.store.repository('team/app');
    for (const { digest, mediaType, bytes, tag, children, time } of many(COUNT)) {
      images.set(digest, {
        digest,
        mediaType,
        bytes,
        tags: new Set([tag]),
        size: 1000,
        ...(children.length === 0 && { artifactType: CONFIG }),
        children,
        pushedAt: time,
        status: 'ACTIVE',
      });
    }
    fake.throttle(3);
    const env = {
      AWS_ENDPOINT_URL_ECR: fake.url,
      AWS_ACCESS_KEY_ID: AWS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: AWS.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    // Of the newest ten one is an index, of two images that stay with all their tags anyway.
    await prune('123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app', env, COUNT, 10);
    const calls = (operation: string): number => fake.calls.filter((call) => call.operation === operation).length;
    const indexCalls = Math.ceil(COUNT / 100 / 100);
    expect([calls('DescribeImages'), calls('BatchGetImage'), fake.calls.length]).toEqual([
      COUNT / 1000,
      indexCalls,
      COUNT / 1000 + indexCalls,
    ]);
  },
  LONG,
);

it(
  `${COUNT} images of one Artifact Registry package are planned with a request for each page of 1000, though its quota is used up`,
  async () => {
    const fake = await startFakeGar();
    onTestFinished(() => fake.close());
    const known = { images: new Map(), tags: new Map() };
    fake.repository('my-project/images').packages.set('app', known);
    for (const { digest, mediaType, bytes, tag, children, time } of many(COUNT)) {
      const listed = children.map((child) => ({
        digest: child,
        mediaType: OCI_MANIFEST,
        platform: { architecture: 'amd64', os: 'linux' },
      }));
      known.images.set(digest, {
        digest,
        mediaType,
        bytes,
        size: 1000,
        ...(children.length === 0 && { buildTime: new Date(time).toISOString() }),
        children: listed,
        uploadedAt: time,
        updatedAt: time,
      });
      known.tags.set(tag, digest);
    }
    fake.exhaust(3);
    const env = { CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY: fake.url, GAR_TOKEN: GOOGLE.token };
    const config =
      `registries:\n  prod:\n    url: ${fake.url}\n    type: gar\n    gar: {location: ${LOCATION}}\n` +
      `    auth: {username: oauth2accesstoken, passwordEnv: GAR_TOKEN}\n`;
    await prune('prod/my-project/images/app', env, COUNT, 10, { '.regctlrc.yaml': config });
    // The repository itself tells whether its tags are immutable.
    expect(fake.calls.length).toBe(1 + COUNT / 1000);
  },
  LONG,
);

it(
  `${COUNT_READ} images of one ACR repository are planned with a request for each page of 1000 and ` +
    `each manifest that is not in the cache, though it throttles`,
  async () => {
    const acr = await startFakeAcr({ accounts: [adminUser('team', 'admin-secret-0815')] });
    onTestFinished(() => acr.close());
    const repository = acr.store.ensureRepository('team/app');
    const images = [...many(COUNT_READ)];
    for (const { digest, mediaType, bytes, time } of images.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))) {
      repository.manifests.set(digest, {
        digest,
        mediaType,
        bytes,
        imageSize: 1000,
        architecture: 'amd64',
        os: 'linux',
        createdTime: time,
        lastUpdateTime: time,
        locks: unlocked(),
      });
    }
    for (const { tag, digest, time } of images.toSorted((a, b) => (a.tag < b.tag ? -1 : 1)))
      repository.tags.set(tag, { name: tag, digest, createdTime: time, lastUpdateTime: time, locks: unlocked() });
    let refusals = 0;
    acr.onRequest(({ path }) =>
      path.startsWith('/acr/') && refusals++ < 3
        ? { status: 429, headers: { 'retry-after': '1' }, body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"try again"}]}' }
        : undefined,
    );
    const config = `registries:\n  contoso:\n    url: ${acr.url}\n    type: acr\n    auth: {username: team, passwordEnv: ACR_PASSWORD}\n`;
    const asked = (): number => acr.requests.splice(0).filter(({ status, path }) => status === 200 && /^\/(?:acr|v2)\/./.test(path)).length;
    await prune('contoso/team/app', { ACR_PASSWORD: 'admin-secret-0815' }, COUNT_READ, 10, { '.regctlrc.yaml': config });
    expect(asked()).toBe(1 + (2 * COUNT_READ) / 1000 + COUNT_READ);
  },
  LONG,
);
