import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../../src/http/http-client.ts';
import { followPages, nextPage } from '../../../src/http/next-page.ts';
import { startServer } from './loopback-server.ts';
import { testClient, text } from './test-client.ts';

const URL_ASKED = 'https://registry.example.com/v2/_catalog?n=100';

function page(link: string | undefined, url = URL_ASKED): HttpResponse {
  return { status: 200, headers: link === undefined ? {} : { link }, body: new Uint8Array(), url };
}

describe('the next page', () => {
  test.for([
    ['</v2/_catalog?last=b&n=100>; rel="next"', 'https://registry.example.com/v2/_catalog?last=b&n=100'],
    ['<https://registry.example.com/v2/_catalog?last=b>; rel="next"', 'https://registry.example.com/v2/_catalog?last=b'],
    ['<https://REGISTRY.example.com:443/v2/x>; rel="next"', 'https://registry.example.com/v2/x'],
    ['<?last=b>; rel=next', 'https://registry.example.com/v2/_catalog?last=b'],
    ['</x>;rel=next', 'https://registry.example.com/x'],
    ['</x> ; REL = "Next"', 'https://registry.example.com/x'],
    ['</p>; rel="prev", </x>; rel="next"', 'https://registry.example.com/x'],
    ['</x>; rel="last next"', 'https://registry.example.com/x'],
    ['</x>; title="a, <b>; rel=prev"; rel="next"', 'https://registry.example.com/x'],
    ['</x>; title="a \\"quoted\\" one"; rel="next"', 'https://registry.example.com/x'],
    ['</x?last=a,b;c>; rel="next"', 'https://registry.example.com/x?last=a,b;c'],
    ['</x?last=a b"c>; rel="next"', 'https://registry.example.com/x?last=a%20b%22c'],
    ['junk, </x>; rel="next"; other', 'https://registry.example.com/x'],
    ['</x>; rel="next", </x>; rel="next"', 'https://registry.example.com/x'],
    ['</x#part>; rel="next"', 'https://registry.example.com/x'],
  ] as const)('of %s', ([link, url]) => {
    expect(nextPage(page(link), URL_ASKED)).toBe(url);
  });

  test.for([undefined, '', '</p>; rel="prev"', '</p>; rel="prev"; title="next"', '</p>', '</p>; rel="nextish"'])(
    'there is none after %j',
    (link) => {
      expect(nextPage(page(link), URL_ASKED)).toBeUndefined();
    },
  );

  test.for([
    ['another host', '<https://evil.example.com/v2/_catalog>; rel="next"'],
    ['another port', '<https://registry.example.com:8443/v2/_catalog>; rel="next"'],
    ['no TLS', '<http://registry.example.com/v2/_catalog>; rel="next"'],
    ['another host, by a double slash', '<//evil.example.com/>; rel="next"'],
    ['another scheme', '<file:///etc/passwd>; rel="next"'],
    ['something that is no URL', '<https://>; rel="next"'],
    ['two pages', '</a>; rel="next", </b>; rel="next"'],
    ['something that says two things', '</a>; rel=prev; rel=next'],
    ['a page named without brackets', '/v2/_catalog?last=b; rel="next"'],
  ] as const)('a link to %s is an error, not the end of the list', ([, link]) => {
    expect(() => nextPage(page(link), URL_ASKED)).toThrow(expect.objectContaining({ code: 'BAD_RESPONSE' }));
  });

  test('a page that came from another origin by a redirect cannot take the list there', () => {
    expect(() => nextPage(page('</x>; rel=next', 'https://evil.example.com/'), URL_ASKED)).toThrow(
      expect.objectContaining({ code: 'BAD_RESPONSE' }),
    );
  });
});

describe('all pages', () => {
  async function collect(firstUrl: string, maxPages?: number): Promise<string[]> {
    const client = testClient();
    const bodies: string[] = [];
    for await (const each of followPages(firstUrl, (url) => client.request({ method: 'GET', url }), maxPages)) bodies.push(text(each));
    return bodies;
  }

  test('come in order, also an empty last one', async () => {
    const server = await startServer((seen, response) => {
      const at = Number(new URL(seen.path, 'http://x').searchParams.get('at'));
      if (at < 3) response.setHeader('link', `</list?at=${at + 1}>; rel="next"`);
      response.end(at < 3 ? `page ${at}` : '');
    });
    expect(await collect(`${server.url}/list?at=1`)).toEqual(['page 1', 'page 2', '']);
  });

  test('that go round in a circle are an error', async () => {
    const server = await startServer(
      (seen, response) => void response.writeHead(200, { link: `<${seen.path === '/a' ? '/b' : '/a'}>; rel="next"` }).end(),
    );
    await expect(collect(`${server.url}/a`)).rejects.toMatchObject({ code: 'BAD_RESPONSE', message: expect.stringContaining('circle') });
    expect(server.requests).toHaveLength(2);
  });

  test('that lead to themselves are an error', async () => {
    const server = await startServer((_, response) => void response.writeHead(200, { link: '<>; rel="next"' }).end());
    await expect(collect(`${server.url}/a`)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
    expect(server.requests).toHaveLength(1);
  });

  test('that do not end are an error', async () => {
    const server = await startServer((_, response, nth) => void response.writeHead(200, { link: `</${nth}>; rel="next"` }).end());
    await expect(collect(`${server.url}/`, 3)).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('more than 3 pages'),
    });
    expect(server.requests).toHaveLength(3);
  });

  test('of which one is a failure are an error, not a short list', async () => {
    const server = await startServer(
      (_, response, nth) => void (nth === 1 ? response.writeHead(200, { link: '</2>; rel="next"' }) : response.writeHead(404)).end(),
    );
    await expect(collect(`${server.url}/`)).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('the answer is 404'),
    });
  });

  test('of another host are never asked for', async () => {
    const evil = await startServer((_, response) => void response.end());
    const server = await startServer((_, response) => void response.writeHead(200, { link: `<${evil.url}/>; rel="next"` }).end());
    await expect(collect(`${server.url}/`)).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
    expect(evil.requests).toEqual([]);
  });
});
