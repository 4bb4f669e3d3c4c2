import { describe, expect, it, onTestFinished } from 'vitest';
import { attachmentTag, cosignSignature } from '../../../../src/demo/attachments.ts';
import { image, index, layer } from '../../../../src/demo/image.ts';
import { CLEANER } from '../../../fakes/harbor/accounts.ts';
import { ADMIN, type FakeHarbor, startFakeHarbor } from '../../../fakes/harbor/fake-harbor.ts';
import { HAS_SWAGGER, SwaggerCheck } from '../../../fakes/harbor/swagger-check.ts';
import { fill } from './harbor-fixture.ts';

const app = (seed: string) => image({ layers: [layer(seed, 50)], created: '2025-01-01T00:00:00Z' });
const ROBOT = { name: 'bot+cleaner', secret: 'robot-secret', kind: 'robot' as const, projects: { team: CLEANER } };
const OIDC = { name: 'olga', secret: 'cli-secret', kind: 'oidc' as const, projects: { '*': [...CLEANER, 'repository:push'] } };

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly code: string | undefined;
}

async function start(): Promise<FakeHarbor> {
  const harbor = await startFakeHarbor({ accounts: [ROBOT, OIDC], authMode: 'oidc_auth' });
  onTestFinished(() => harbor.close());
  harbor.store.addProject('team');
  return harbor;
}

async function call(
  harbor: FakeHarbor,
  method: string,
  path: string,
  account: { readonly name: string; readonly secret: string } | null = ADMIN,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const authorization = account && `Basic ${Buffer.from(`${account.name}:${account.secret}`).toString('base64')}`;
  const response = await fetch(`${harbor.url}${path}`, { method, headers: { ...headers, ...(authorization && { authorization }) } });
  const text = await response.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  return {
    status: response.status,
    headers: response.headers,
    body,
    code: (body as { errors?: { code: string }[] } | undefined)?.errors?.[0]?.code,
  };
}

const ARTIFACTS = '/api/v2.0/projects/team/repositories/app/artifacts';

describe('lists', () => {
  it('come in pages of 10, of 100 at most, each with its total and its neighbours', async () => {
    const harbor = await start();
    for (let number = 0; number < 25; number++) harbor.store.addPlainImage('team/app', `${number}`, [`v${number}`], number + 1);
    const first = await call(harbor, 'GET', ARTIFACTS);
    expect(first.body).toHaveLength(10);
    expect((first.body as { tags: { name: string }[] }[])[0]?.tags[0]?.name).toBe('v24');
    expect(first.headers.get('x-total-count')).toBe('25');
    expect(first.headers.get('link')).toBe(`<${ARTIFACTS}?page=2&page_size=10>; rel="next"`);
    expect((await call(harbor, 'GET', `${ARTIFACTS}?page=3`)).headers.get('link')).toBe(`<${ARTIFACTS}?page=2&page_size=10>; rel="prev"`);
    expect(await call(harbor, 'GET', `${ARTIFACTS}?page_size=101`)).toMatchObject({ status: 422, code: 'UNPROCESSABLE_ENTITY' });
  });

  it('leave out accessories, and untagged children unless base=* is asked for', async () => {
    const harbor = await start();
    const list = index([app('amd'), app('arm')]);
    await fill(harbor, [
      [list, 'v1'],
      [cosignSignature(list), attachmentTag(list.digest, 'sig')],
    ]);
    expect((await call(harbor, 'GET', ARTIFACTS)).body).toMatchObject([{ digest: list.digest }]);
    expect((await call(harbor, 'GET', `${ARTIFACTS}?q=base%3D*`)).body).toHaveLength(3);
    expect((await call(harbor, 'GET', `${ARTIFACTS}?q=nonsense%3D1&sort=nonsense`)).body).toHaveLength(1);
  });

  it('hold the artifacts of the digests that are asked for, in the language of queries', async () => {
    const harbor = await start();
    const [one, two] = [1, 2, 3].map((number) => harbor.store.addPlainImage('team/app', `${number}`, [`v${number}`], number).digest);
    const query = (q: string) => call(harbor, 'GET', `${ARTIFACTS}?q=${encodeURIComponent(q)}`);
    expect((await query(`digest={${one} ${two}}`)).body).toMatchObject([{ digest: two }, { digest: one }]);
    expect((await query(`base=*,digest=${one}`)).body).toMatchObject([{ digest: one }]);
    expect((await query('digest={}')).body ?? []).toEqual([]);
    for (const q of [`digest={${one}`, 'digest=', `digest=${one},`])
      expect(await query(q)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  it('say that a tag is immutable only to whoever asks', async () => {
    const harbor = await start();
    harbor.store.addImmutableRule('team', 'v*');
    await fill(harbor, [[app('one'), 'v1']]);
    expect((await call(harbor, 'GET', ARTIFACTS)).body).toMatchObject([{ tags: [{ immutable: false }] }]);
    expect((await call(harbor, 'GET', `${ARTIFACTS}?with_immutable_status=true`)).body).toMatchObject([{ tags: [{ immutable: true }] }]);
  });

  it('are empty for a repository that is not there, and 403 or 401 for a project that is not', async () => {
    const harbor = await start();
    expect(await call(harbor, 'GET', '/api/v2.0/projects/team/repositories/none/artifacts')).toMatchObject({ status: 200, body: [] });
    expect(await call(harbor, 'GET', '/api/v2.0/projects/none/repositories/app/artifacts', ROBOT)).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
    expect(await call(harbor, 'GET', '/api/v2.0/projects/none/repositories/app/artifacts', null)).toMatchObject({
      status: 401,
      code: 'UNAUTHORIZED',
    });
  });

  it('find a name with a slash only where that was escaped twice', async () => {
    const harbor = await start();
    await fill(harbor, [[app('deep'), 'v1']], 'team/a/b');
    expect((await call(harbor, 'GET', '/api/v2.0/projects/team/repositories/a%252Fb/artifacts')).body).toHaveLength(1);
    expect((await call(harbor, 'GET', '/api/v2.0/projects/team/repositories/a%2Fb/artifacts')).status).toBe(404);
  });
});

describe('deletion', () => {
  it('of an artifact by a tag takes the whole artifact', async () => {
    const harbor = await start();
    await fill(harbor, [[app('one'), 'v1', 'v2']]);
    expect((await call(harbor, 'DELETE', `${ARTIFACTS}/v1`)).status).toBe(200);
    expect(harbor.store.find('team/app', 'v2')).toBeUndefined();
  });

  it('is refused as a whole for the child of an index, and for a tag that is immutable', async () => {
    const harbor = await start();
    const child = app('child');
    await fill(harbor, [[index([child]), 'v1', 'stable']]);
    harbor.store.addImmutableRule('team', 'stable');
    expect(await call(harbor, 'DELETE', `${ARTIFACTS}/${child.digest}`)).toMatchObject({
      status: 412,
      code: 'VIOLATE_FOREIGN_KEY_CONSTRAINT',
    });
    expect(await call(harbor, 'DELETE', `${ARTIFACTS}/v1`)).toMatchObject({ status: 412, code: 'PRECONDITION' });
    expect(harbor.store.artifactsIn('team/app')).toHaveLength(2);
    expect(harbor.store.findTag('team/app', 'v1')).toBeDefined();
  });

  it('of a tag finds it only on the artifact that has it', async () => {
    const harbor = await start();
    const [one, two] = [app('one'), app('two')];
    await fill(harbor, [
      [one, 'v1'],
      [two, 'v2'],
    ]);
    expect(await call(harbor, 'DELETE', `${ARTIFACTS}/${two.digest}/tags/v1`)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await call(harbor, 'DELETE', `${ARTIFACTS}/${one.digest}/tags/v1`)).status).toBe(200);
    expect(harbor.store.artifact('team/app', one.digest)).toBeDefined();
  });

  it('is refused while Harbor is read-only, and with the cookie of a session and no CSRF token', async () => {
    const harbor = await start();
    const one = app('one');
    await fill(harbor, [[one, 'v1']]);
    expect(await call(harbor, 'DELETE', `${ARTIFACTS}/${one.digest}`, ADMIN, { cookie: 'sid=1' })).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
    harbor.store.readOnly = true;
    expect(await call(harbor, 'DELETE', `${ARTIFACTS}/${one.digest}`)).toMatchObject({ status: 403, code: 'DENIED' });
  });
});

describe('logging in', () => {
  it('treats whom it does not know as anybody', async () => {
    const harbor = await start();
    expect(await call(harbor, 'GET', '/api/v2.0/systeminfo', { name: 'admin', secret: 'wrong' })).toMatchObject({
      status: 200,
      body: { auth_mode: 'oidc_auth' },
    });
    expect((await call(harbor, 'GET', '/api/v2.0/systeminfo', { name: 'admin', secret: 'wrong' })).body).not.toHaveProperty(
      'harbor_version',
    );
    expect((await call(harbor, 'GET', '/api/v2.0/systeminfo')).body).toHaveProperty('harbor_version');
  });

  it('takes the CLI secret of an OIDC user for lists and tags alone', async () => {
    const harbor = await start();
    const one = app('one');
    await fill(harbor, [[one, 'v1', 'v2']]);
    expect((await call(harbor, 'GET', ARTIFACTS, OIDC)).status).toBe(200);
    expect((await call(harbor, 'GET', `${ARTIFACTS}/v1`, OIDC)).status).toBe(401);
    expect((await call(harbor, 'DELETE', `${ARTIFACTS}/${one.digest}`, OIDC)).status).toBe(401);
    expect((await call(harbor, 'DELETE', `${ARTIFACTS}/${one.digest}/tags/v1`, OIDC)).status).toBe(200);
  });
});

describe('the registry API', () => {
  it('counts GET of a manifest as a pull, and HEAD not', async () => {
    const harbor = await start();
    await fill(harbor, [[app('one'), 'v1']]);
    await call(harbor, 'HEAD', '/v2/team/app/manifests/v1');
    expect(harbor.store.artifact('team/app', 'v1').pullTime).toBe(0);
    await call(harbor, 'GET', '/v2/team/app/manifests/v1');
    expect(harbor.store.artifact('team/app', 'v1').pullTime).toBeGreaterThan(0);
  });

  it('challenges whoever sends nothing with a token, and a project that is not there with nothing', async () => {
    const harbor = await start();
    const challenge = (await call(harbor, 'GET', '/v2/team/app/tags/list', null)).headers.get('www-authenticate');
    expect(challenge).toBe(`Bearer realm="${harbor.url}/service/token",service="harbor-registry",scope="repository:team/app:pull"`);
    expect(await call(harbor, 'GET', '/v2/none/app/tags/list')).toMatchObject({ status: 401 });
  });

  it('deletes by digest alone', async () => {
    const harbor = await start();
    const one = app('one');
    await fill(harbor, [[one, 'v1']]);
    expect(await call(harbor, 'DELETE', '/v2/team/app/manifests/v1')).toMatchObject({ status: 400, code: 'UNSUPPORTED' });
    expect((await call(harbor, 'DELETE', `/v2/team/app/manifests/${one.digest}`)).status).toBe(202);
  });
});

describe.skipIf(!HAS_SWAGGER)("Harbor's own description of its API", () => {
  it('fits every answer of the fake', async () => {
    const harbor = await start();
    const list = index([app('amd'), app('arm')]);
    await fill(harbor, [
      [list, 'v1', 'latest'],
      [cosignSignature(list), attachmentTag(list.digest, 'sig')],
    ]);
    harbor.store.artifact('team/app', 'v1').labels = ['stable'];
    harbor.store.artifact('team/app', 'v1').scan = { High: 2 };
    harbor.store.addImmutableRule('team', 'never-*');
    const full = 'with_tag=true&with_label=true&with_scan_overview=true&with_immutable_status=true&with_accessory=true';
    for (const path of [
      '/systeminfo',
      '/projects',
      '/projects/team',
      '/projects/team/immutabletagrules',
      '/projects/team/repositories',
      '/projects/team/repositories/app',
      '/repositories',
      '/users/current/permissions?scope=/project/1&relative=true',
    ]) {
      await call(harbor, 'GET', `/api/v2.0${path}`);
    }
    for (const path of [`?q=base%3D*&${full}`, `/v1?${full}`, '/v1/tags', '/v1/accessories', '/none'])
      await call(harbor, 'GET', `${ARTIFACTS}${path}`);
    await call(harbor, 'DELETE', `${ARTIFACTS}/${list.digest}/tags/latest`);
    await call(harbor, 'DELETE', `${ARTIFACTS}/${list.digest}`);
    await fetch(`${harbor.url}/api/v2.0/system/gc/schedule`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${ADMIN.name}:${ADMIN.secret}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ schedule: { type: 'Manual' }, parameters: { delete_untagged: false, dry_run: false, workers: 1 } }),
    });
    const [job] = harbor.store.gcJobs;
    await call(harbor, 'GET', '/api/v2.0/system/gc');
    for (let look = 0; look < 3; look++) await call(harbor, 'GET', `/api/v2.0/system/gc/${job?.id}`);

    expect(harbor.requests.filter(({ path }) => path.startsWith('/api/v2.0/')).length).toBeGreaterThan(18);
    expect(new SwaggerCheck().problemsOf(harbor.requests)).toEqual([]);
  });

  it('would be missed by an answer that is none of it', () => {
    const answer = (path: string, body: unknown, status = 200) => ({
      method: 'GET',
      path: `/api/v2.0${path}`,
      status,
      headers: {},
      body: JSON.stringify(body),
    });
    const wrong = [
      answer('/projects', {}),
      answer('/projects/team', { name: 1 }),
      answer('/projects/team', { title: 'x' }),
      answer('/nowhere', {}),
      answer('/projects?size=1', []),
      answer('/system/gc/1', { schedule: { type: 'Never' } }),
    ];
    const check = new SwaggerCheck();
    expect(wrong.map((one) => check.problemsOf([one]).length)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});
