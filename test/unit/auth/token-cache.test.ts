import { expect, test } from 'vitest';
import { TokenCache } from '../../../src/auth/token-cache.ts';
import { json, startServer } from '../http/loopback-server.ts';
import { testClient } from '../http/test-client.ts';

test('whoever needs more rights is not given a token that is on its way without them', async () => {
  const held: (() => void)[] = [];
  const tokens = await startServer((seen, response) => {
    held.push(() => json(response, 200, { token: `token-${new URL(seen.path, 'http://x').searchParams.getAll('scope').join('+')}` }));
    if (held.length === 2) for (const answer of held.toReversed()) answer();
  });
  const cache = new TokenCache(() => 0);
  const request = { http: testClient(), registry: 'prod', realm: new URL(tokens.url), service: undefined, credentials: undefined };
  const narrow = cache.get(['a:b:pull'], request);
  cache.widen(['a:b:pull'], ['a:b:delete']);
  const wide = cache.get(['a:b:pull'], request);
  expect([(await narrow).token, (await wide).token]).toEqual(['token-a:b:pull', 'token-a:b:delete,pull']);
  expect((await cache.get(['a:b:pull'], request)).token).toBe('token-a:b:delete,pull');
  expect(tokens.requests).toHaveLength(2);
});
