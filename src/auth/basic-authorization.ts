import { rememberSecret } from '../diagnostics/redact.ts';

/** The value of an `Authorization` header (RFC 7617), remembered as a secret. */
export function basicAuthorization({ username, password }: { readonly username: string; readonly password: string }): string {
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  rememberSecret(password);
  rememberSecret(encoded);
  return `Basic ${encoded}`;
}
