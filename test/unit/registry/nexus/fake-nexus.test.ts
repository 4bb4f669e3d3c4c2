import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ADMIN } from '../../../fakes/nexus/accounts.ts';
import { APP, build, connect, fakeNexus, HOSTED, push } from './nexus-fixture.ts';

/** The description of Nexus's REST API, which is no part of this repository. */
const SPEC = join(import.meta.dirname, '../../../../../shared/specs/nexus-openapi-3.94.0.yaml');
const missing = !existsSync(SPEC);

it.skipIf(missing)(`what is asked is as Nexus describes it${missing ? ' [skipped: the file is not here]' : ''}`, async () => {
  const nexus = await fakeNexus();
  const one = build('one');
  push(nexus, one, 'v1', 'v2');
  nexus.store.repository(HOSTED).cleanup.push('stale');
  nexus.store.tasks.push({ id: 't', name: 'gc', type: 'repository.docker.gc', properties: undefined, enabled: true, state: 'WAITING' });
  const registry = connect(nexus);
  for await (const _name of registry.repositories()) continue;
  await registry.inventory(APP);
  await registry.checkDelete(APP, { tags: true });
  await registry.deleteTag(APP, 'v1', one.digest);
  await registry.collectGarbage!({ wait: false });
  await registry.beside!(APP);

  const text = readFileSync(SPEC, 'utf8');
  const paths = [...text.slice(0, text.indexOf('\ncomponents:')).matchAll(/^ {2}(\/\S+):\n((?: {4}.*\n)+)/gm)].map(([, path, body]) => ({
    path: path!,
    pattern: new RegExp(`^${path!.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    methods: [...body!.matchAll(/^ {4}(\w+):/gm)].map(([, method]) => method!.toUpperCase()),
    queries: [...body!.matchAll(/in: query\n {8}name: (\w+)/g)].map(([, name]) => name!),
  }));
  const asked = nexus.requests.filter(({ path }) => path.startsWith('/service/rest/'));
  const wrong = asked.flatMap(({ method, path }) => {
    const url = new URL(path, nexus.url);
    const own = url.pathname.slice('/service/rest'.length);
    const found = paths
      .filter(({ pattern }) => pattern.test(own))
      .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
    if (!found?.methods.includes(method)) return [`${method} ${own} is not described`];
    return [...url.searchParams.keys()].filter((name) => !found.queries.includes(name)).map((name) => `${method} ${own} takes no ${name}`);
  });
  expect(wrong).toEqual([]);
  expect(asked.length).toBeGreaterThan(10);
});

it('counts a look at a tag over /v2 as its download, and none by digest', async () => {
  const nexus = await fakeNexus();
  const one = build('one');
  push(nexus, one, 'v1');
  const stored = nexus.store.tag(nexus.store.repository(HOSTED), 'team/app', 'v1')!;
  const authorization = `Basic ${Buffer.from(`${ADMIN.name}:${ADMIN.password}`).toString('base64')}`;
  const ask = (reference: string): Promise<Response> =>
    fetch(`${nexus.url}/v2/${APP}/manifests/${reference}`, { method: 'HEAD', headers: { authorization } });
  expect((await ask(one.digest)).status).toBe(200);
  expect(stored.lastDownloaded).toBeUndefined();
  expect((await ask('v1')).status).toBe(200);
  expect(stored.lastDownloaded).toBeDefined();
});
