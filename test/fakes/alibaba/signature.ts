import { createHash, createHmac } from 'node:crypto';
import type { Seen } from '../shared/messages.ts';

export interface FakeAccount {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of temporary keys. */
  readonly securityToken?: string;
  /** RAM: whether it may call an operation. */
  readonly may: (operation: string) => boolean;
}

/** Why a request is not taken: the code of the API, by its own reading of "V3 request body & signature mechanism". */
export type Doubt =
  'IncompleteSignature' | 'InvalidAccessKeyId.NotFound' | 'SignatureDoesNotMatch' | 'SignatureNonceUsed' | 'InvalidSecurityToken';

/** Whose a signed request is (ACS3-HMAC-SHA256); each nonce is taken once. */
export function verify(request: Seen, accounts: readonly FakeAccount[], nonces: Set<string>): FakeAccount | Doubt {
  const { method, path, headers, body } = request;
  const url = new URL(path, 'http://api');
  const authorization = String(headers['authorization']);
  const [, id = '', names = '', signature = ''] =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(authorization) ?? [];
  const required = ['host', 'x-acs-action', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-version'];
  const signed = names.split(';');
  const hash = createHash('sha256').update(body).digest('hex');
  if (!required.every((name) => signed.includes(name)) || headers['x-acs-content-sha256'] !== hash) return 'IncompleteSignature';
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(headers['x-acs-date']))) return 'IncompleteSignature';
  const account = accounts.find(({ accessKeyId }) => accessKeyId === id);
  if (!account) return 'InvalidAccessKeyId.NotFound';
  if (account.securityToken !== headers['x-acs-security-token']) return 'InvalidSecurityToken';
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const canonical = [method, url.pathname, query, lines, names, hash].join('\n');
  const text = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`;
  if (createHmac('sha256', account.accessKeySecret).update(text).digest('hex') !== signature) return 'SignatureDoesNotMatch';
  const nonce = String(headers['x-acs-signature-nonce']);
  if (nonces.has(nonce)) return 'SignatureNonceUsed';
  nonces.add(nonce);
  return account;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
