import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import {
  DocumentFilter,
  holdsSecret,
  printable,
  quoted,
  redact,
  redactDocument,
  redactUrl,
  rememberSecret,
} from '../../../src/diagnostics/redact.ts';
import { isOwnWord } from '../../../src/diagnostics/own-words.ts';

describe('a remembered secret', () => {
  test('is masked wherever and in whatever form it stands', () => {
    const secret = 'p@ss "word"/ü+1';
    rememberSecret(secret);
    const forms = [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ k: secret }).toString().slice(2),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
    ];
    for (const form of forms) expect(redact(`a ${form} b ${form}`)).toBe('a *** b ***');
  });

  test('that is part of another one does not leave the rest of it', () => {
    rememberSecret('inner-secret');
    rememberSecret('inner-secret-and-more');
    expect(redact('x inner-secret-and-more y inner-secret z')).toBe('x *** y *** z');
  });

  test('with letters that mean something in a pattern is taken as it is', () => {
    rememberSecret('a.*b$&');
    expect(redact('a.*b$& axxb')).toBe('*** axxb');
  });

  test('that is long is masked as far as a message that was cut has it', () => {
    const token = `token-${'0123456789abcdef'.repeat(20)}`;
    rememberSecret(token);
    expect(redact(`sent ${token.slice(0, 20)}, ${token.slice(0, 200)}… and ${encodeURIComponent(token).slice(0, 150)}`)).toBe(
      'sent ***, ***… and ***',
    );
    expect(redact(`${token.slice(0, 19)} is too little to tell`)).toBe(`${token.slice(0, 19)} is too little to tell`);
    expect(redact(token.slice(0, 30).repeat(3))).toBe('*********');
  });

  test('goes before a text is cut', () => {
    const token = `cut-${'fedcba9876543210'.repeat(20)}`;
    rememberSecret(token);
    expect(quoted(`${'a'.repeat(190)}${token}`)).toBe(`"${'a'.repeat(190)}***"`);
  });

  test('of fewer than four letters is none: masking it would make every message unreadable', () => {
    rememberSecret('');
    rememberSecret('abc');
    expect(redact('abc')).toBe('abc');
  });
});

describe('a document', () => {
  const hex = (digits: string): string => `sha256:${digits.padEnd(64, '0123456789abcdef')}`;

  test('has no secret in it, in whatever form, nor in base64 with something before and behind', () => {
    const secret = 'document-word "1"/+';
    rememberSecret(secret);
    const forms = [secret, encodeURIComponent(secret), encodeURIComponent(secret).toLowerCase(), JSON.stringify(secret).slice(1, -1)];
    for (const form of forms) expect(redactDocument(`{"a": "x${form}y"}`)).toBe('{"a": "x***y"}');
    for (const user of ['', 'a', 'ab', 'abc', 'robot$x+y'])
      for (const text of [`${user}:${secret}`, `${user}${secret}`, JSON.stringify({ user, secret, more: 1 })])
        for (const encoding of ['base64', 'base64url'] as const)
          expect(holdsSecret(Buffer.from(text).toString(encoding)), `${text} ${encoding}`).toBe(true);
  });

  test('keeps what stands there by chance: a short secret, digits of a digest, a word of the document', () => {
    for (const secret of ['prod123', 'deadbeef', '20260101', 'pulledAt', 'manifests', 'registry', 'deleted_with_parent'])
      rememberSecret(secret);
    const text = JSON.stringify({
      registry: 'prod123',
      manifests: [{ digest: hex('deadbeef20260101'), tags: ['prod123'], pulledAt: '2026' }],
    });
    expect(redactDocument(text)).toBe(text);
    expect(redact('prod123 deadbeef pulledAt')).toBe('*** *** ***');
  });

  test('keeps a digest, but not a token of as many digits', () => {
    rememberSecret('7e'.repeat(10));
    expect(redactDocument(`${hex('7e7e7e')} ${hex('7e'.repeat(10))}`)).toBe(`${hex('7e7e7e')} sha256:***${hex('7e'.repeat(10)).slice(27)}`);
  });

  test.for([1, 2, 3, 5, 8, 21, 64])('in parts of %i characters lets nothing through at their borders', (size) => {
    const token = `border-${'0123456789ABCDEFGHIJ'.repeat(6)}`;
    rememberSecret(token);
    rememberSecret('short-word');
    const text = `{"a":"${token}","b":"short-word","c":"short-wor","d":"${token.slice(0, 40)}"} border-0 short-`;
    const filter = new DocumentFilter();
    let written = '';
    for (let at = 0; at < text.length; at += size) written += filter.push(text.slice(at, at + size));
    expect(written + filter.end()).toBe('{"a":"***","b":"***","c":"short-wor","d":"***"} border-0 short-');
  });

  test('is written at once where its end cannot be the beginning of a secret', async () => {
    // With no other secrets: those of other tests may begin in any way.
    vi.resetModules();
    const fresh = await import('../../../src/diagnostics/redact.ts');
    fresh.rememberSecret('another-word');
    expect(new fresh.DocumentFilter().push('Put it back? [y/N] ')).toBe('Put it back? [y/N] ');
  });
});

test('two secrets that overlap are both gone', () => {
  rememberSecret('overlap-first');
  rememberSecret('first-overlap');
  expect(redact('an overlap-first-overlap here')).toBe('an *** here');
});

test('every key of a document that is long enough to be a secret is known as a word of the documents', () => {
  const schema = [
    'plan/plan.ts',
    'plan/reason.ts',
    'domain/inventory.ts',
    'documents/journal.ts',
    'apply/apply-report.ts',
    'apply/undo-report.ts',
  ];
  const code = schema.map((path) => readFileSync(new URL(`../../../src/${path}`, import.meta.url), 'utf8')).join('\n');
  const words = [...code.matchAll(/readonly (\w{8,})\??:|'([a-z]\w+_\w+)'/g)].map(([, key, value]) => key ?? (value as string));
  expect(words.length).toBeGreaterThan(30);
  expect(words.filter((word) => word.length >= 8 && !isOwnWord(word))).toEqual([]);
});

describe('what is a secret by its shape is masked, although nobody has remembered it', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ sub: 'somebody' })}`;

  test.for([
    ['a signed token', `the assertion ${token}.c2lnbmF0dXJl is expired`, 'the assertion *** is expired'],
    ['a token without a signature', `Bearer ${token}.`, 'Bearer ***'],
    ['a private key', 'in -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\n.', 'in ***\n.'],
    ['a private key on one line, and cut off', 'key "-----BEGIN PRIVATE KEY----- MIIE abc', 'key "***'],
    ['a signature of AWS', `SignedHeaders=host, Signature=${'0a'.repeat(32)}, x`, 'SignedHeaders=host, Signature=***, x'],
    [
      'no digest, no name and no certificate',
      `eyJ.a.b sha256:${'0a'.repeat(32)} -----BEGIN CERTIFICATE-----`,
      `eyJ.a.b sha256:${'0a'.repeat(32)} -----BEGIN CERTIFICATE-----`,
    ],
  ] as const)('%s', ([, text, shown]) => {
    expect(redact(text)).toBe(shown);
  });
});

describe('a URL in a message', () => {
  test.for([
    ['https://h.example.com:5000/v2/a/b?n=100&last=x/y:1', 'https://h.example.com:5000/v2/a/b?n=100&last=x/y:1'],
    ['https://user:word@h.example.com/a', 'https://h.example.com/a'],
    ['https://h.example.com/a?X-Amz-Signature=abc&token=t&page=2#part', 'https://h.example.com/a?X-Amz-Signature=***&token=***&page=2'],
    [
      'https://h.example.com/t?service=s&scope=repository:a:pull,delete&scope=b',
      'https://h.example.com/t?service=s&scope=repository:a:pull,delete&scope=b',
    ],
    ['/relative/a?sig=abc', '/relative/a'],
    ['http://user:word@[bad/a?sig=abc', '//[bad/a'],
  ] as const)('%s is shown as %s', ([url, shown]) => {
    expect(redactUrl(url)).toBe(shown);
  });

  test('has no remembered secret in its path either', () => {
    rememberSecret('path-secret');
    expect(redactUrl('https://h.example.com/path-secret/a?last=path-secret')).toBe('https://h.example.com/***/a?last=***');
  });
});

describe('text from elsewhere', () => {
  test.for([
    ['plain äöü 日本 🎉', 'plain äöü 日本 🎉'],
    ['\u001b[31mred\u001b[0m \u001b[2J\u001b[1;1Hgone', 'red gone'],
    ['\u001b]8;;https://evil.example.com\u0007link\u001b]8;;\u0007', 'link'],
    ['a\r\nb\tc', 'a b c'],
    ['a\u0000b\u0008c\u007fd\u009be', 'abcde'],
    ['safe\u202etxt.exe', 'safetxt.exe'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
  ] as const)('%j is printed as %j', ([text, shown]) => {
    expect(printable(text)).toBe(shown);
  });

  test('keeps no escape character, whatever the sequence', () => {
    for (let code = 0; code < 256; code++) expect(printable(`x\u001b${String.fromCharCode(code)}y\u001b`)).not.toMatch(/\p{Cc}/u);
  });
});
