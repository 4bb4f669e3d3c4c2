import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { DocumentFilter, redact, redactDocument, rememberSecret } from '../../../src/diagnostics/redact.ts';

/** Text without a pattern, the same in every run. */
function noise(seed: string, encoding: 'base64' | 'base64url' | 'hex', length: number): string {
  let text = '';
  for (let part = 0; text.length < length; part++)
    text += createHash('sha256').update(`${seed} ${part}`).digest(encoding).replaceAll('=', '');
  return text.slice(0, length);
}

const claims = {
  iss: 'https://auth.example.com',
  access: [{ type: 'repository', name: 'team/shop/backend', actions: ['pull', 'delete'] }],
};
const json = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = `${json({ alg: 'RS256', kid: 'AB12' })}.${json({ ...claims, jti: noise('jti', 'hex', 40) })}.${noise('rsa', 'base64url', 342)}`;
const secrets = {
  jwt,
  session: noise('session', 'base64', 900),
  hex: noise('hex', 'hex', 40),
  pat: `pat_${noise('pat', 'base64url', 36)}`,
};
const LENGTH = 24;

const encodings: Record<string, (text: string) => string> = {
  plain: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hex: (text) => Buffer.from(text).toString('hex'),
  HEX: (text) => Buffer.from(text).toString('hex').toUpperCase(),
  percent: (text) => encodeURIComponent(text),
  'all percent': (text) => text.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
};

test.for(Object.entries(secrets))(
  'every part of a %s is masked in every encoding, wherever it begins and whatever stands before it',
  ([, secret]) => {
    rememberSecret(secret);
    for (let at = 0; at + LENGTH <= secret.length; at += secret.length > 100 ? 13 : 1) {
      const part = secret.slice(at, at + LENGTH);
      for (const [name, encode] of Object.entries(encodings)) {
        for (const before of ['', '?', '?!', '?!;']) {
          const shown = redactDocument(`{"a": "${encode(`${before}${part}`)}"}`);
          // In base64, up to two symbols at each end belong to what stands beside it.
          expect(shown, `${name} of ${before}${part}`).toMatch(/^\{"a": ".{0,12}\*{3}.{0,3}"\}$/);
        }
      }
    }
  },
);

test('the header with a long token is masked in base64', () => {
  rememberSecret(jwt);
  expect(jwt.length).toBeGreaterThan(256);
  expect(redact(`got ${Buffer.from(`Bearer ${jwt}`).toString('base64')}, which`)).toMatch(/^got .{0,12}\*{3}=*, which$/);
});

test('what a token says of public things is left alone, and so is what a key in JSON says', () => {
  const key = JSON.stringify({
    type: 'service_account',
    project_id: 'shop-production-1234',
    private_key: `-----BEGIN PRIVATE KEY-----\n${noise('key', 'base64', 64)}\n${noise('more', 'base64', 64)}\n`,
    client_email: 'cleaner@shop-production-1234.iam.gserviceaccount.com',
    token_uri: 'https://oauth2.googleapis.com/token',
    created: '2026-03-04T05:06:07.890Z',
    image: 'registry.example.com:5000/team/shop/backend-v2:1.2.3-alpine3.20',
    revision: noise('digest', 'hex', 64),
  });
  rememberSecret(jwt);
  rememberSecret(key);
  for (const text of [
    'cleaner@shop-production-1234.iam.gserviceaccount.com may not do that in shop-production-1234',
    'see https://oauth2.googleapis.com/token, 2026-03-04T05:06:07.890Z',
    `registry.example.com:5000/team/shop/backend-v2:1.2.3-alpine3.20@sha256:${noise('digest', 'hex', 64)}`,
    JSON.stringify(claims),
    Buffer.from('repository:team/shop/backend:pull,delete').toString('base64'),
  ])
    expect(redactDocument(text)).toBe(text);
  expect(redact(`it begins with ${noise('key', 'base64', 64).slice(5, 40)} they say`)).toBe('it begins with *** they say');
});

test.for([1, 2, 3, 7, 29, 64])('in parts of %i characters nothing comes through at their borders, in any encoding', (size) => {
  rememberSecret(secrets.session);
  const part = secrets.session.slice(300, 360);
  const text = Object.values(encodings)
    .map((encode) => encode(`x?${part}`))
    .join('\n');
  const filter = new DocumentFilter();
  let written = '';
  for (let at = 0; at < text.length; at += size) written += filter.push(text.slice(at, at + size));
  expect(written + filter.end()).toMatch(/^(?:.{0,9}\*{3}.{0,3}\n){6}.{0,9}\*{3}.{0,3}$/);
});

test.for(Object.entries(encodings))('a part is masked at any place of a very long word: %s', ([, encode]) => {
  rememberSecret(secrets.pat);
  const part = secrets.pat.slice(6, 36);
  // It is searched in slices of so many characters: the part stands across the border of two.
  const slice = (3 * 2 ** 16) / encode('aaa').length;
  for (const before of [slice - 15, 2 * slice + 3]) {
    const shown = redactDocument(encode(`${'a'.repeat(before)}${part}${'a'.repeat(9)}`));
    expect(shown).toContain('***');
    expect(shown).not.toContain(encode(part).slice(4, -4));
  }
});
