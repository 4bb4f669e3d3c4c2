import { describe, expect, test } from 'vitest';
import { printable, quoted, redact, redactUrl, rememberSecret } from '../../../src/diagnostics/redact.ts';

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
