import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { OWNER } from '../../../fakes/quay/fake-quay.ts';
import { adapter } from '../oci-fixture.ts';
import { APP, build, connect, fakeQuay } from './quay-fixture.ts';

/** A running Quay's own description of its API, which is no part of this repository. */
const DISCOVERY = join(import.meta.dirname, '../../../../../shared/specs/quay-discovery.json');
const missing = !existsSync(DISCOVERY);
const METHODS = ['get', 'put', 'post', 'delete'];
/** Answers that were seen on a running Quay and that its description does not have. */
const SEEN = ['DELETE 409', 'POST 409', 'POST 200'];

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: { readonly $ref: string } }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Discovery {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Readonly<Record<string, { readonly required?: readonly string[]; readonly properties: object }>>;
}

it.skipIf(missing)(`what is asked and answered is as Quay describes it${missing ? ' [skipped: the file is not here]' : ''}`, async () => {
  const { paths, definitions } = JSON.parse(readFileSync(DISCOVERY, 'utf8')) as Discovery;
  const quay = await fakeQuay();
  const one = build('one');
  quay.store.push(APP, index([build('amd')]), ['v1']);
  quay.store.push(APP, one, ['a', 'b', 'locked']);
  quay.store.tag(quay.store.repository(APP), 'locked')!.immutable = true;
  const registry = connect(quay, { namespaces: ['team'] });
  for await (const _name of registry.repositories()) continue;
  await registry.inventory(APP);
  await registry.checkDelete(APP, { tags: true });
  await registry.deleteManifest(APP, one.digest);
  await registry.deleteTag(APP, 'a', one.digest);
  const manifest = (await registry.readManifest(APP, one.digest))!;
  await registry.putManifest(APP, manifest, 'a');

  const wrong: string[] = [];
  const used = new Set<string>();
  for (const { method, path, status, sent } of quay.requests) {
    const url = new URL(path, quay.url);
    if (!url.pathname.startsWith('/api/v1/') || url.pathname === '/api/v1/discovery') continue;
    // The one that says most: a name may hold what looks like the rest of a path.
    const [template] = Object.keys(paths)
      .filter((name) => patternOf(name).test(url.pathname))
      .toSorted((a, b) => b.length - a.length);
    const operation = template === undefined ? undefined : paths[template]![method.toLowerCase()];
    if (!operation) wrong.push(`${method} ${url.pathname} is not described`);
    if (!operation || template === undefined) continue;
    used.add(`${method} ${template}`);
    const queries = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    for (const name of url.searchParams.keys()) if (!queries.includes(name)) wrong.push(`${method} ${template} takes no ${name}`);
    if (!(String(status) in operation.responses) && !SEEN.includes(`${method} ${status}`))
      wrong.push(`${method} ${template} answers no ${status}`);
    const body = operation.parameters
      ?.find((parameter) => parameter.in === 'body')
      ?.schema?.$ref.split('/')
      .at(-1);
    const schema = body === undefined ? undefined : definitions[body];
    const given = sent === '' ? [] : Object.keys(JSON.parse(sent) as object);
    for (const name of given) if (!schema || !(name in schema.properties)) wrong.push(`${method} ${template} takes no ${name} in its body`);
    for (const name of schema?.required ?? []) if (!given.includes(name)) wrong.push(`${method} ${template} needs ${name}`);
  }
  expect(wrong).toEqual([]);
  expect(used.size).toBeGreaterThanOrEqual(9);
  // All that is used of it needs no more than the README says.
  const described = Object.entries(paths).flatMap(([name, operations]) =>
    METHODS.filter((each) => each in operations).map((each) => `${each.toUpperCase()} ${name}`),
  );
  expect([...used].filter((each) => !described.includes(each))).toEqual([]);
});

it('counts a pull for each GET and HEAD of a manifest, and none for what its API tells', async () => {
  const quay = await fakeQuay();
  const one = build('one');
  quay.store.push(APP, one, ['v1']);
  const basic = `Basic ${Buffer.from(`$oauthtoken:${OWNER.token}`).toString('base64')}`;
  const service = new URL(quay.url).host;
  const answer = await fetch(`${quay.url}/v2/auth?service=${service}&scope=repository:${APP}:pull`, { headers: { authorization: basic } });
  const { token } = (await answer.json()) as { token: string };
  for (const method of ['GET', 'HEAD'])
    await fetch(`${quay.url}/v2/${APP}/manifests/v1`, { method, headers: { authorization: `Bearer ${token}` } });
  expect(quay.store.repository(APP).manifests.get(one.digest)!.pulls).toBe(2);
  await connect(quay).readManifest(APP, one.digest);
  expect(quay.store.repository(APP).manifests.get(one.digest)!.pulls).toBe(2);
});

it('says over /v2/ that a deleted tag has expired, which the plain API takes for gone', async () => {
  const quay = await fakeQuay();
  quay.store.push(APP, build('one'), ['v1']);
  quay.store.deleteTag(quay.store.repository(APP), 'v1');
  const plain = adapter(quay.url, { user: '$oauthtoken', password: OWNER.token });
  expect(await plain.resolveTag(APP, 'v1')).toBeUndefined();
  expect(await plain.resolveTag(APP, 'never-set')).toBeUndefined();
});

it('refuses scopes that Quay refuses, and makes a repository where one that may be pushed to is asked for', async () => {
  const quay = await fakeQuay();
  const basic = `Basic ${Buffer.from(`$oauthtoken:${OWNER.token}`).toString('base64')}`;
  const ask = (scope: string): Promise<Response> =>
    fetch(`${quay.url}/v2/auth?service=${new URL(quay.url).host}&scope=${scope}`, { headers: { authorization: basic } });
  expect((await ask('repository:team/new:pull,delete')).status).toBe(400);
  expect((await ask('registry:catalog:*')).status).toBe(400);
  expect((await ask('repository:team/new:pull')).status).toBe(200);
  expect(quay.store.repositories.has('team/new')).toBe(false);
  expect((await ask('repository:team/new:pull,push')).status).toBe(200);
  expect(quay.store.repositories.has('team/new')).toBe(true);
});

function patternOf(template: string): RegExp {
  const text = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'repository' ? '.+?' : '[^/]+'));
  return new RegExp(`^${text}$`);
}
