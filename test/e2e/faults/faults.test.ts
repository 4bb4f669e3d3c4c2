import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Fault, RequestHook, SeenRequest } from '../../../src/demo/registry-options.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/domain/media-types.ts';
import { everyThird } from '../../sweep.ts';
import type { HttpClientOptions } from '../../../src/http/create-http-client.ts';
import {
  applyWith,
  deletes,
  dryRun,
  expectPlainText,
  type FaultWorld,
  isAboutIt,
  newFaultWorld,
  only,
  REPOSITORY,
  USER,
} from './fault-world.ts';

/** Waits take no time here, and how long an answer may take can be said. */
const world = vi.hoisted(() => ({ slept: 0, timeouts: {} as { headers?: number; body?: number } }));

vi.mock('../../../src/http/create-http-client.ts', async (load) => {
  const real = await load<typeof import('../../../src/http/create-http-client.ts')>();
  const clock = {
    now: () => Date.now() + world.slept,
    random: () => 0.5,
    sleep: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted();
      world.slept += ms;
    },
  };
  return {
    ...real,
    createHttpClient: (options: HttpClientOptions) => real.createHttpClient({ ...options, clock, timeouts: world.timeouts }),
  };
});
vi.mock('node:timers/promises', async (load) => {
  const real = await load<typeof import('node:timers/promises')>();
  const setTimeout = <T>(_ms: number, value?: T): Promise<T> => real.setTimeout(0, value as T);
  return { ...real, default: { ...real, setTimeout }, setTimeout };
});

beforeEach(() => {
  world.slept = 0;
  world.timeouts = {};
});

const json = { 'content-type': 'application/json' };
const isManifest = ({ path }: SeenRequest): boolean => path.includes('/manifests/');
const isList = ({ path }: SeenRequest): boolean => path.includes('/tags/list');
const isRead = (request: SeenRequest): boolean => isAboutIt(request) && request.method !== 'DELETE';
const throttled = (retryAfter?: string): Fault => ({
  status: 429,
  headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  body: '',
});
const redirect = (location: string): Fault => ({ status: 307, headers: { location }, body: '' });
const changed =
  (change: (text: string) => string): Fault =>
  (reply) => {
    const body = Buffer.from(change(String(reply.body ?? '')));
    return { ...reply, headers: { ...reply.headers, 'content-length': String(body.length) }, body };
  };
const body = (text: string): Fault => changed(() => text);

interface Row {
  readonly what: string;
  readonly fault: (world: FaultWorld) => RequestHook;
  /** In the dry run, besides the names of registry and repository. */
  readonly says: RegExp;
  readonly timeouts?: typeof world.timeouts;
  /**
   * In an apply, where it is otherwise: a wait that is not by the clock, or an answer that takes its time to make, only once; `undefined`
   * leaves it out.
   */
  readonly inApply?: ((world: FaultWorld) => RequestHook) | undefined;
}

/** What is wrong from then on for good. Whatever it is, a run ends, says which registry and repository it was, and fails. */
const ROWS: readonly Row[] = [
  { what: '429 without a word when to come back', fault: () => only(isAboutIt, throttled()), says: /429/ },
  { what: '429 and back in a second', fault: () => only(isAboutIt, throttled('1')), says: /429/ },
  {
    what: '429 and back at a date',
    fault: () => only(isAboutIt, throttled(new Date(Date.now() + 60_000).toUTCString())),
    says: /429|come back/,
  },
  { what: '429 and back in an hour', fault: () => only(isAboutIt, throttled('3600')), says: /come back in \d+ minutes/ },
  {
    what: '429 and back in a hundred thousand years',
    fault: () => only(isAboutIt, throttled('9'.repeat(15))),
    says: /come back in a very long time/,
  },
  { what: '429 and back at no time', fault: () => only(isAboutIt, throttled('soon')), says: /429/ },
  { what: '500', fault: () => only(isAboutIt, { status: 500, body: '' }), says: /500/ },
  {
    what: '502 as a web page',
    fault: () => only(isAboutIt, { status: 502, headers: { 'content-type': 'text/html' }, body: '<title>Bad Gateway</title>' }),
    says: /502.*Bad Gateway/,
  },
  {
    what: '503 and back in a second',
    fault: () => only(isAboutIt, { status: 503, headers: { 'retry-after': '1' }, body: '' }),
    says: /503/,
  },
  { what: 'a connection that breaks before the headers', fault: () => only(isAboutIt, 'reset'), says: /the connection was cut/ },
  {
    what: 'a connection that breaks within the body',
    fault: () => only((request) => isRead(request), 'truncate'),
    says: /the connection was cut|the answer was cut short|ended/,
  },
  {
    what: 'a body that stops and never ends',
    fault: () => only(isRead, (reply) => ({ ...reply, headers: { ...reply.headers, 'content-length': '100000' } })),
    says: /did not arrive in time/,
    timeouts: { body: 100 },
  },
  {
    what: 'half of the JSON',
    fault: () =>
      only(
        isRead,
        changed((text) => text.slice(0, 30)),
      ),
    says: /not a list of tags/,
  },
  { what: 'a list of other things', fault: () => only(isList, body('{"tags": [{}]}')), says: /which is not a tag/ },
  { what: 'a list of nothing', fault: () => only(isList, body('{}')), says: /not a list of tags/ },
  {
    what: 'a web page as manifest',
    fault: () =>
      only((request) => isManifest(request) && request.method === 'GET', {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html></html>',
      }),
    says: /not a JSON object/,
  },
  {
    what: 'a manifest called a picture',
    fault: () =>
      only(
        (request) => isManifest(request) && request.method === 'GET',
        (reply) => ({ ...reply, headers: { ...reply.headers, 'content-type': 'image/png' }, body: '{"schemaVersion":2}' }),
      ),
    says: /digest|no manifest type/,
  },
  {
    what: 'other bytes than the digest is of',
    fault: () =>
      only(
        (request) => isManifest(request) && request.method === 'GET',
        changed((text) => `${text} `),
      ),
    says: /has the digest/,
  },
  {
    what: 'a digest that is none',
    fault: () =>
      only(
        (request) => isManifest(request) && request.method !== 'DELETE',
        (reply) => ({ ...reply, headers: { ...reply.headers, 'docker-content-digest': 'sha256:../../x' } }),
      ),
    says: /not a digest/,
  },
  {
    what: 'a manifest of 6 MiB',
    fault: () =>
      only((request) => isManifest(request) && request.method === 'GET', {
        status: 200,
        headers: json,
        body: Buffer.alloc(6 * 2 ** 20, 32),
      }),
    says: /longer than/,
  },
  {
    what: 'a list that leads to itself',
    fault: () => only(isList, (reply) => ({ ...reply, headers: { ...reply.headers, link: `</v2/${REPOSITORY}/tags/list>; rel="next"` } })),
    says: /runs in a circle/,
  },
  { what: 'ever new pages of the same tags', fault: () => endless(() => ['build-1']), says: /pages in a row without anything new/ },
  { what: 'ever new pages of nothing', fault: () => endless(() => []), says: /pages in a row without anything new/ },
  {
    what: 'ever new tags',
    fault: () => endless((page) => Array.from({ length: 50_000 }, (_, at) => `t${page}-${at}`)),
    says: /more than 1,000,000 entries/,
    inApply: undefined,
  },
  {
    what: 'an index that names itself',
    fault: () =>
      only(
        (request) => isManifest(request) && request.method === 'GET',
        (reply) => naming(String(reply.headers?.['docker-content-digest']))(reply),
      ),
    says: /has the digest/,
  },
  { what: 'attachments of attachments without end', fault: () => endlessReferrers(), says: /nested deeper than 50 levels/ },
  {
    what: 'a next page on another port of this machine',
    fault: ({ elsewhere }) =>
      only(isList, (reply) => ({ ...reply, headers: { ...reply.headers, link: `<${elsewhere.url}/x>; rel="next"` } })),
    says: /the link to the next page leads to/,
  },
  {
    what: 'a next page at the metadata service',
    fault: () =>
      only(isList, (reply) => ({ ...reply, headers: { ...reply.headers, link: '<http://169.254.169.254/latest/meta-data>; rel="next"' } })),
    says: /leads to http:\/\/169\.254\.169\.254/,
  },
  {
    what: 'a next page with a password in it',
    fault: () =>
      only(isList, (reply) => ({ ...reply, headers: { ...reply.headers, link: '<http://u:linked-secret@example.com/>; rel="next"' } })),
    says: /leads to http:\/\/example\.com/,
  },
  {
    what: 'a redirect to the metadata service',
    fault: () => only(isRead, redirect('http://169.254.169.254/latest/meta-data')),
    says: /an address of this machine or its link/,
  },
  {
    what: 'a redirect to its link',
    fault: () => only(isRead, redirect('http://[fe80::1]/x')),
    says: /an address of this machine or its link/,
  },
  {
    what: 'a redirect to another port of this machine',
    fault: ({ elsewhere }) => only(isRead, redirect(`${elsewhere.url}/x`)),
    says: /not a list of tags|not on|leads/,
  },
  {
    what: 'a redirect to itself',
    fault: () => (request) => (isRead(request) ? redirect(request.path) : undefined),
    says: /more than 5 redirects/,
  },
  { what: 'a redirect to a file', fault: () => only(isRead, redirect('file:///etc/passwd')), says: /not a web address/ },
  {
    what: 'tags that command the terminal',
    fault: () => only(isList, body(JSON.stringify({ tags: ['build-1', '\u001b[2J\u009b31m\u202e\n| x | `y`'] }))),
    says: /which is not a tag/,
  },
  {
    what: 'an error that commands the terminal',
    fault: () =>
      only(isAboutIt, {
        status: 400,
        headers: json,
        body: JSON.stringify({ errors: [{ code: '\u001b[2J', message: 'a\u009b31m\u202eb\nc' }] }),
      }),
    says: /400/,
  },
  {
    what: 'an error that repeats the request',
    fault: () => (request) => (isAboutIt(request) ? { status: 400, headers: json, body: JSON.stringify(request.headers) } : undefined),
    says: /400/,
  },
];

/** An index that lists one manifest. */
function naming(digest: string): Extract<Fault, (reply: never) => unknown> {
  const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ mediaType: OCI_INDEX, digest, size: 1 }] });
  return changed(() => text) as Extract<Fault, (reply: never) => unknown>;
}

/** To everything something is attached that is made up when it is asked for. */
function endlessReferrers(): RequestHook {
  const made = new Map<string, string>();
  const config = { mediaType: 'application/x', digest: `sha256:${'0'.repeat(64)}`, size: 2 };
  return ({ path }) => {
    const reference = path.split('/').at(-1) ?? '';
    const own = made.get(reference);
    if (own !== undefined && path.includes('/manifests/'))
      return { status: 200, headers: { 'content-type': OCI_MANIFEST, 'docker-content-digest': reference }, body: own };
    if (!path.includes('/referrers/')) return undefined;
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config,
      layers: [],
      subject: { mediaType: OCI_MANIFEST, digest: reference, size: 1 },
    });
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    made.set(digest, text);
    return {
      status: 200,
      headers: { 'content-type': OCI_INDEX },
      body: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ mediaType: OCI_MANIFEST, digest, size: text.length }] }),
    };
  };
}

/** The first such request alone. */
function once(wanted: (request: SeenRequest) => boolean, fault: Fault): RequestHook {
  let left = 1;
  return (request) => (wanted(request) && left-- > 0 ? fault : undefined);
}

/** Each page has a next one. */
function endless(tags: (page: number) => readonly string[]): RequestHook {
  let page = 0;
  return (request) => {
    if (!isList(request)) return undefined;
    page += 1;
    return {
      status: 200,
      headers: { ...json, link: `</v2/${REPOSITORY}/tags/list?last=${page}>; rel="next"` },
      body: JSON.stringify({ name: REPOSITORY, tags: tags(page) }),
    };
  };
}

function expectNoSecret({ elsewhere }: FaultWorld, text: string): void {
  expect(text).not.toContain(USER.password);
  expect(text).not.toContain(Buffer.from(`${USER.name}:${USER.password}`).toString('base64'));
  expect(text).not.toMatch(/linked-secret|Bearer [0-9a-f]/);
  expect(elsewhere.asked.filter(({ authorization, cookie }) => authorization !== undefined || cookie !== undefined)).toEqual([]);
}

describe('a dry run changes nothing, ends, and says where it went wrong, where the answer is', () => {
  test.for(everyThird(ROWS))('$what', async ({ fault, says, timeouts = {} }) => {
    const here = await newFaultWorld();
    const before = here.truth();
    world.timeouts = timeouts;
    const off = here.registry.onRequest(fault(here));
    const { code, text } = await dryRun(here);
    off();

    expect(text).toMatch(says);
    expect(text).toContain(here.registry.host);
    expect(text).toContain(REPOSITORY);
    // Nothing could be read, or not all of it.
    expect([5, 6]).toContain(code);
    expect(here.truth()).toEqual(before);
    expectPlainText(text);
    expectNoSecret(here, text);
  });
});

describe('an apply deletes nothing that stays, ends, and says where it went wrong, where from its first deletion on the answer is', () => {
  // Other rows than those of the dry run.
  test.for(
    everyThird(
      ROWS.map((row) => ({ inApply: row.fault, ...row })).filter(({ inApply }) => inApply),
      1,
    ),
  )('$what', async ({ inApply, timeouts = {} }) => {
    const here = await newFaultWorld();
    world.timeouts = timeouts;
    const { code, text } = await applyWith(here, deletes(here), inApply!(here));
    // A fault of something that an apply does not ask for harms nothing.
    expect([0, 1, 6]).toContain(code);
    if (code !== 0) expect(text).toContain(REPOSITORY);
    expectPlainText(text);
    expectNoSecret(here, text);
  });
});

test('an apply whose first deletion is never answered looks whether it was done, and asks again', async () => {
  const here = await newFaultWorld();
  world.timeouts = { headers: 500 };
  const { code, text } = await applyWith(here, deletes(here), once(deletes(here), 'hang'));
  expect(code, text).toBe(0);
});

describe('names and labels that command the terminal', () => {
  const EVIL = 'x\u001b[2J\u009b31m\u202ey | `z`\n# HELP';

  test('of repositories are left alone, and come to no terminal, table, document or metrics as they are', async () => {
    const here = await newFaultWorld();
    here.registry.onRequest(
      only(({ path }) => path.startsWith('/v2/_catalog'), body(JSON.stringify({ repositories: [REPOSITORY, EVIL] }))),
    );
    for (const format of ['table', 'json', 'yaml', 'markdown', 'name']) {
      const { stdout, stderr } = await here.session.run(
        'prune',
        here.registry.host,
        '--tags',
        'build-*',
        '--keep-last',
        '3',
        '-v',
        '-o',
        format,
        '--metrics-file',
        'm.prom',
        '--plan-out',
        'plan.json',
      );
      expectPlainText(stdout + stderr);
      expect(stderr).toContain('which is not the name of a repository');
      for (const file of ['m.prom', 'plan.json']) expectPlainText(await readFile(join(here.session.folder, file), 'utf8'));
    }
  });

  test('of labels and annotations reach an inventory escaped, and mean the same to who reads it', async () => {
    const here = await newFaultWorld();
    const evil = image({ layers: [layer('evil', 10)], created: new Date().toISOString(), labels: { [EVIL]: EVIL } });
    await push(here.registry, REPOSITORY, evil, ['evil'], { auth: { user: USER.name, password: USER.password } });
    for (const format of ['json', 'yaml', 'jsonl']) {
      const { code, stdout, stderr } = await here.session.run('inventory', `${here.registry.host}/${REPOSITORY}`, '-o', format, '-v');
      expect(code, stderr).toBe(0);
      expectPlainText(stdout + stderr);
      if (format === 'jsonl') continue;
      const { repositories } = parse(stdout) as { repositories: [{ manifests: { tags: string[]; labels?: object }[] }] };
      expect(repositories[0].manifests.find(({ tags }) => tags.includes('evil'))?.labels).toEqual({ [EVIL]: EVIL });
    }
  });
});
