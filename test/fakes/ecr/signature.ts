import { createHash, createHmac } from 'node:crypto';
import type { Seen } from '../shared/messages.ts';

/** The access key that a request is signed with; undefined where it is not signed. */
export function accessKeyOf({ headers }: Pick<Seen, 'headers'>): string | undefined {
  return /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(String(headers['authorization']))?.[1];
}

/**
 * True of a request that is rightly signed with this secret (AWS, "Signature Version 4"). Its path must need no escaping and its query be
 * empty.
 */
export function isSigned({ method, path, headers, body }: Seen, secret: string): boolean {
  const [, scope = '', signedHeaders = '', signature] =
    /Credential=[^/]+\/([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]+)/.exec(String(headers['authorization'])) ?? [];
  const [date = '', region = '', service = '', terminal = ''] = scope.split('/');
  const canonicalHeaders = signedHeaders.split(';').map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}\n`,
  );
  const canonical = [method, path, '', canonicalHeaders.join(''), signedHeaders, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, sha256(canonical)].join('\n');
  const key = [date, region, service, terminal].reduce<Buffer | string>((key, part) => hmac(key, part), `AWS4${secret}`);
  return hmac(key, text).toString('hex') === signature;
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
