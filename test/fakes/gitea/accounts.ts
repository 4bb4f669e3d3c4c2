/** A user with an access token. */
export interface FakeAccount {
  readonly name: string;
  readonly token: string;
  /** `read:package`, `write:package`, which lets read too. */
  readonly scopes: readonly string[];
  /** Whose packages may be written. */
  readonly owners: readonly string[];
}

/** Whose request it is, by user and token, or by the token of the registry; `unknown` where those are wrong. */
export function accountOf(
  accounts: readonly FakeAccount[],
  authorization: string | string[] | undefined,
): FakeAccount | 'unknown' | undefined {
  if (authorization === undefined) return undefined;
  const [scheme = '', value = ''] = String(authorization).split(' ');
  if (scheme === 'Bearer') return value === 'ghost' ? undefined : (accounts.find(({ token }) => token === value) ?? 'unknown');
  const text = Buffer.from(value, 'base64').toString('utf8');
  return accounts.find(({ name, token }) => text === `${name}:${token}`) ?? 'unknown';
}
