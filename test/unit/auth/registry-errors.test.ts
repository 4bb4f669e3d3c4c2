import { describe, expect, test } from 'vitest';
import { parseRegistryErrors, registryErrorText } from '../../../src/http/registry-errors.ts';
import { rememberSecret } from '../../../src/diagnostics/redact.ts';

const parse = (body: unknown) => parseRegistryErrors(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));

describe("a registry's errors", () => {
  test.for([
    [
      { errors: [{ code: 'NAME_UNKNOWN', message: 'unknown', detail: { name: 'a' } }] },
      [{ code: 'NAME_UNKNOWN', message: 'unknown', detail: '{"name":"a"}' }],
    ],
    [
      {
        errors: [
          { code: 'A', message: 'one' },
          { code: 'B', message: 'two', detail: {} },
        ],
      },
      [
        { code: 'A', message: 'one' },
        { code: 'B', message: 'two' },
      ],
    ],
    [{ errors: [{ code: 'DENIED' }] }, [{ code: 'DENIED', message: '' }]],
    [{ errors: ['plain'] }, [{ code: '', message: 'plain' }]],
    [{ errors: [{ status: 404, message: 'not found' }] }, [{ code: '', message: 'not found' }]],
    [{ details: 'incorrect username or password' }, [{ code: '', message: 'incorrect username or password' }]],
    [{ error: 'invalid_grant', error_description: 'expired' }, [{ code: 'invalid_grant', message: 'expired' }]],
    [{ error: 'Not Found' }, [{ code: '', message: 'Not Found' }]],
    [{ error: { code: 403, message: 'denied' } }, [{ code: '403', message: 'denied' }]],
    [{ message: 'boom' }, [{ code: '', message: 'boom' }]],
    [{ type: 'about:blank', title: 'Forbidden', detail: 'no' }, [{ code: '', message: 'Forbidden', detail: 'no' }]],
    [[{ code: 'X', message: 'y' }], [{ code: 'X', message: 'y' }]],
    ['404 page not found\n', [{ code: '', message: '404 page not found' }]],
    ['"text"', [{ code: '', message: 'text' }]],
    ['<html><head><title>502 Bad Gateway</title></head><body>nginx</body>', [{ code: '', message: '502 Bad Gateway' }]],
    ['<html><body>nginx', []],
    ['', []],
    ['{}', []],
    ['{"errors":[]}', []],
    ['null', []],
  ] as const)('%j', ([body, errors]) => {
    expect(parse(body)).toEqual(errors);
  });

  test('are cut, printable and without secrets', () => {
    rememberSecret('leaked-token');
    const [first, ...rest] = parse({
      errors: Array.from({ length: 50 }, () => ({
        code: 'A\u001b[31m',
        message: `leaked-token\n${'x'.repeat(1000)}`,
        detail: { a: 'y'.repeat(1000) },
      })),
    });
    expect(rest).toHaveLength(9);
    expect(first).toMatchObject({ code: 'A', message: expect.stringMatching(/^\*\*\* x{296}$/) });
    expect(first?.detail).toHaveLength(300);
  });

  test.for([
    [404, '', 'status 404'],
    [404, '{"errors":[{"code":"NAME_UNKNOWN","message":"unknown"}]}', 'status 404, NAME_UNKNOWN: unknown'],
    [400, '{"errors":[{"code":"A","message":"b","detail":"c"},{"message":"d"}]}', 'status 400, A: b (c); d'],
    [400, '{"errors":[{"code":"A","message":"b c","detail":"c"}]}', 'status 400, A: b c'],
  ] as const)('of %i with %s read in one line: %s', ([status, body, text]) => {
    expect(registryErrorText({ status, body: Buffer.from(body) })).toBe(text);
  });
});
