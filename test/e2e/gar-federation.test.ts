import https from 'node:https';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { image, layer } from '../../src/demo/image.ts';
import { OWNER } from '../fakes/gar/fake-gar.ts';
import { listen } from '../unit/http/loopback-server.ts';
import { startProxy } from '../unit/http/proxy-server.ts';
import { HAS_OPENSSL, makeCertificates } from '../unit/http/test-certificates.ts';
import { fakeGar } from '../unit/registry/gar/gar-fixture.ts';
import { newUser } from './program.ts';

const ACCOUNT = 'cleanup@my-project.iam.gserviceaccount.com';
const REPOSITORY = 'my-project/images/team/app';
const FEDERATED = {
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/ci',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
};
const IMPERSONATION = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`;

describe.skipIf(!HAS_OPENSSL)('the built program as a federated identity', () => {
  // The library gives neither what exchanges the token, nor the source of an impersonated account, the options that it was given itself.
  test.each([
    ['that may be a service account', { ...FEDERATED, service_account_impersonation_url: IMPERSONATION }],
    [
      'by which a service account is impersonated',
      { type: 'impersonated_service_account', service_account_impersonation_url: IMPERSONATION, source_credentials: FEDERATED },
    ],
  ])('%s, reaches Google through HTTPS_PROXY', async (_what, credentials) => {
    const { server: tls, caFile } = makeCertificates('sts.googleapis.com', 'iamcredentials.googleapis.com');
    const asked: string[] = [];
    const google = https.createServer(tls, (request, response) => {
      asked.push(`${request.headers.host}${request.url}`);
      const isSts = request.headers.host === 'sts.googleapis.com';
      const federated = { access_token: 'federated', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
      const answer = isSts
        ? { ...federated, token_type: 'Bearer', expires_in: 3600 }
        : { accessToken: OWNER.token, expireTime: new Date(Date.now() + 3_600_000).toISOString() };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    const proxy = await startProxy(await listen(google));
    const fake = await fakeGar();
    fake.push(REPOSITORY, image({ layers: [layer('app', 100)] }), ['v1'], { pushedAt: '2025-02-01T00:00:00Z' });
    const user = await newUser({
      env: { HTTPS_PROXY: proxy.url, https_proxy: proxy.url, GOOGLE_APPLICATION_CREDENTIALS: 'adc.json' },
      files: { subject: 'a.subject.token' },
    });
    const file = { credential_source: { file: join(user.home, 'subject') } };
    const withFile =
      'source_credentials' in credentials ? { ...credentials, source_credentials: { ...FEDERATED, ...file } } : { ...credentials, ...file };
    await writeFile(join(user.home, 'adc.json'), JSON.stringify(withFile));
    const gar = `{location: europe-west1, endpoint: "${fake.url}"}`;
    await writeFile(
      join(user.home, '.regctlrc.yaml'),
      `registries:\n  prod: {url: "${fake.url}", type: gar, tls: {ca: "${caFile}"}, gar: ${gar}}\n`,
    );
    const plan = await user.plan(`prod/${REPOSITORY}`, '--keep-last', '1');
    expect(plan.repositories).toMatchObject([{ complete: true, summary: { images: { keep: 1 } } }]);
    expect(asked).toEqual(['sts.googleapis.com/v1/token', expect.stringContaining('iamcredentials.googleapis.com/v1/projects/-/')]);
    expect(proxy.seen.map(({ what }) => what)).toEqual(['CONNECT sts.googleapis.com:443', 'CONNECT iamcredentials.googleapis.com:443']);
    onTestFinished(() => google.closeAllConnections());
  });
});
