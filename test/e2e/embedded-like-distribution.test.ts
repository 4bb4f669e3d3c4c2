import { describe, expect, it, onTestFinished } from 'vitest';
import { attachmentTag, attestation, cosignSignature, helmChart, sbom } from '../../src/demo/attachments.ts';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../src/demo/embedded-registry.ts';
import { artifact, image, index, layer, type Pushable } from '../../src/demo/image.ts';
import { push } from '../../src/demo/push.ts';
import type { EmbeddedRegistryOptions } from '../../src/demo/registry-options.ts';
import { DOCKER_MANIFEST, MANIFEST_TYPES, OCI_MANIFEST } from '../../src/domain/media-types.ts';
import { startDistribution } from './servers/distribution.ts';
import { skipWithout } from './servers/server-binaries.ts';

const amd64 = image({ layers: [layer('a', 64)] });
const arm64 = image({ layers: [layer('a', 64)], platform: 'linux/arm64' });
const both = index([amd64, arm64]);
const dockerChild = image({ layers: [layer('a', 64, 'docker')], format: 'docker' });
const dockerList = index([dockerChild], { format: 'docker' });
const bill = sbom(amd64, '2026-01-01T00:00:00Z');
/** Every kind of thing that the push client makes. */
const PUSHES: readonly (readonly [repository: string, thing: Pushable, ...tags: string[]])[] = [
  ['team/app', both, 'v1', 'latest'],
  ['team/app', dockerList, 'docker'],
  ['team/app', bill],
  ['team/kinds', index([amd64, attestation(amd64, { subject: true })]), 'attested'],
  ['team/kinds', cosignSignature(both), attachmentTag(both.digest, 'sig')],
  ['team/kinds', helmChart({ name: 'app', version: '1.0.0', created: '2026-01-01T00:00:00Z' }), '1.0.0'],
  ['team/kinds', artifact({ artifactType: 'application/vnd.example' }), 'empty'],
  ['team/untagged', amd64],
  ['team/solo', amd64, 'v1'],
];
const absent = image({ layers: [layer('absent', 64)] });
const base = '/v2/team/app';
const accept = MANIFEST_TYPES.join(', ');

type Step = readonly [method: string, path: string, headers?: Record<string, string>, body?: Buffer];
/** Requests in an order that matters: each must be answered alike. */
const STEPS: readonly Step[] = [
  ['GET', '/v2/'],
  ['GET', '/v2/_catalog'],
  ['GET', '/v2/_catalog?n=1'],
  ['GET', '/v2/_catalog?n=1&last=team/app'],
  ['GET', '/v2/_catalog?n=3'],
  ['GET', '/v2/_catalog?n=4'],
  ['GET', '/v2/_catalog?n=abc'],
  ['GET', '/v2/_catalog?n=-1'],
  ['GET', '/v2/_catalog?n=0'],
  ['GET', `${base}/tags/list`],
  ['GET', `${base}/tags/list?n=1`],
  ['GET', `${base}/tags/list?n=abc`],
  ['GET', `${base}/tags/list?n=-1`],
  ['GET', `${base}/tags/list?n=2&last=docker`],
  ['GET', `${base}/tags/list?n=4`],
  ['GET', `${base}/tags/list?n=0`],
  ['GET', `${base}/tags/list?last=v1`],
  ['GET', `${base}/tags/list?last=w`],
  ['GET', `${base}/tags/list?n=100000`],
  ['GET', '/v2/team/none/tags/list'],
  ['GET', '/v2/team/kinds/tags/list'],
  ['HEAD', '/v2/team/kinds/manifests/attested', { accept }],
  ['HEAD', '/v2/team/kinds/manifests/empty', { accept }],
  ['HEAD', '/v2/team/kinds/manifests/1.0.0', { accept }],
  ['GET', '/v2/team/untagged/tags/list'],
  ['HEAD', `${base}/manifests/v1`, { accept }],
  ['GET', `${base}/manifests/v1`, { accept }],
  ['GET', `${base}/manifests/${amd64.digest}`, { accept }],
  ['GET', `${base}/manifests/${amd64.digest}`, { accept: DOCKER_MANIFEST }],
  ['GET', `${base}/manifests/docker`, { accept }],
  ['GET', `${base}/manifests/docker`, { accept: DOCKER_MANIFEST }],
  ['GET', `${base}/manifests/v1`, { accept, 'if-none-match': `"${both.digest}"` }],
  ['GET', `${base}/manifests/none`, { accept }],
  ['GET', `${base}/manifests/${absent.digest}`, { accept }],
  ['GET', `/v2/team/none/manifests/v1`, { accept }],
  ['GET', `${base}/manifests/${attachmentTag(amd64.digest)}`, { accept }],
  ['GET', `${base}/referrers/${amd64.digest}`],
  ['HEAD', `${base}/blobs/${amd64.blobs[0]!.digest}`],
  ['GET', `${base}/blobs/${amd64.blobs[0]!.digest}`],
  ['GET', `${base}/blobs/${amd64.blobs[0]!.digest}`, { range: 'bytes=2-5' }],
  ['GET', `${base}/blobs/${absent.digest}`],
  ['GET', `${base}/blobs/${amd64.digest.replace('sha256', 'sha512')}`],
  ['PUT', `${base}/manifests/new`, { 'content-type': OCI_MANIFEST }, absent.bytes],
  ['PUT', `${base}/manifests/${absent.digest}`, { 'content-type': OCI_MANIFEST }, amd64.bytes],
  ['PUT', `${base}/manifests/new`, { 'content-type': OCI_MANIFEST }, Buffer.from('{')],
  ['PUT', `${base}/manifests/new`, { 'content-type': amd64.mediaType }, amd64.bytes],
  ['POST', `${base}/blobs/uploads/`],
  ['POST', `${base}/blobs/uploads/?mount=${amd64.blobs[0]!.digest}&from=team/untagged`],
  ['POST', `${base}/blobs/uploads/?mount=${absent.digest}&from=team/untagged`],
  ['DELETE', `${base}/manifests/v1`],
  ['DELETE', `${base}/manifests/${absent.digest}`],
  ['DELETE', `/v2/team/none/manifests/${absent.digest}`],
  ['DELETE', `${base}/manifests/${arm64.digest}`],
  ['GET', `${base}/manifests/v1`, { accept }],
  ['DELETE', `${base}/manifests/${both.digest}`],
  ['GET', `${base}/manifests/v1`, { accept }],
  ['GET', `${base}/manifests/latest`, { accept }],
  ['PUT', `${base}/manifests/${arm64.digest}`, { 'content-type': arm64.mediaType }, arm64.bytes],
  ['PUT', `${base}/manifests/v1`, { 'content-type': both.mediaType }, both.bytes],
  ['DELETE', `${base}/blobs/${amd64.blobs[0]!.digest}`],
  ['GET', `${base}/blobs/${amd64.blobs[0]!.digest}`],
  ['DELETE', '/v2/team/untagged/manifests/latest'],
  ['DELETE', `/v2/team/solo/manifests/${amd64.digest}`],
  ['GET', '/v2/team/solo/tags/list'],
  ['GET', '/v2/_catalog'],
];

/** Distribution 3 shows an index to clients that do not accept it; the embedded registry is as strict as 2.8. */
const STRICT: readonly Step[] = [
  ['GET', `${base}/manifests/v1`, { accept: OCI_MANIFEST }],
  ['GET', `${base}/manifests/${both.digest}`],
];

interface Server {
  readonly version: 2 | 3;
  /** What makes the embedded registry like it. */
  readonly options: EmbeddedRegistryOptions;
  readonly steps: readonly Step[];
}

const SERVERS: readonly Server[] = [
  { version: 2, options: { tagDelete: 'unsupported', referrersApi: false, ignorePaging: true }, steps: [...STRICT, ...STEPS] },
  { version: 3, options: { referrersApi: false }, steps: STEPS },
];

const HEADERS = ['docker-content-digest', 'link', 'etag', 'content-range', 'docker-distribution-api-version'];

/**
 * What clients look at: status, error codes, headers, and the body of what is no error. Only where lists are `sorted` is their order looked
 * at.
 */
async function see(url: string, [method, path, headers = {}, body]: Step, sorted: boolean): Promise<object> {
  const response = await fetch(url + path, { method, headers, ...(body && { body }) });
  const text = await response.text();
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const json = type.endsWith('json') && text ? (JSON.parse(text) as { errors?: { code: string }[]; tags?: string[] | null }) : undefined;
  if (!sorted) json?.tags?.sort();
  // Where no tag is left, 2.8 and 3.1.1 say null, 3.1.2 says [].
  if (json?.tags === null) json.tags = [];
  return {
    request: `${method} ${path}`,
    status: response.status,
    codes: json?.errors?.map(({ code }) => code),
    headers: Object.fromEntries(HEADERS.map((name) => [name, response.headers.get(name)])),
    ...(method === 'HEAD' && { length: response.headers.get('content-length') }),
    ...(response.status === 200 && method === 'GET' && { type, body: json ?? text }),
  };
}

for (const { version, options, steps } of SERVERS) {
  const binary = version === 2 ? 'docker-registry' : 'registry3';
  describe.skipIf(skipWithout(binary))(`the embedded registry and distribution ${version} (needs ${binary})`, () => {
    it('answer alike, request by request', async () => {
      const [embedded, real] = await start(version, options);
      for (const { url } of [embedded, real]) {
        for (const [repository, thing, ...tags] of PUSHES) await push(url, repository, thing, tags);
      }
      const ours: object[] = [];
      const theirs: object[] = [];
      for (const step of steps) {
        ours.push(await see(embedded.url, step, !options.ignorePaging));
        theirs.push(await see(real.url, step, !options.ignorePaging));
      }
      expect(ours).toEqual(theirs);
    });

    it('refuse deletion alike where it is off', async () => {
      const [embedded, real] = await start(version, { ...options, deleteEnabled: false });
      for (const { url } of [embedded, real]) await push(url, 'team/app', both, ['v1']);
      for (const reference of ['v1', both.digest, absent.digest]) {
        const step: Step = ['DELETE', `${base}/manifests/${reference}`];
        expect(await see(embedded.url, step, false)).toEqual(await see(real.url, step, false));
      }
    });
  });
}

async function start(
  version: 2 | 3,
  options: EmbeddedRegistryOptions,
): Promise<[embedded: EmbeddedRegistry, real: { readonly url: string }]> {
  const real = await startDistribution({ version, deleteEnabled: options.deleteEnabled !== false });
  onTestFinished(() => real.stop());
  const embedded = await startEmbeddedRegistry(options);
  onTestFinished(() => embedded.close());
  return [embedded, real];
}
