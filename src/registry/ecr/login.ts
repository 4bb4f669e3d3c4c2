import type { Credentials } from '../../auth/credentials.ts';
import { rememberSecret } from '../../diagnostics/redact.ts';
import type { Clock } from '../../http/clock.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asObject, asText } from '../../domain/json.ts';
import type { EcrClient } from './client.ts';

/** A login is good for 12 hours (API reference, `GetAuthorizationToken`); this is well before. */
const LASTS = 6 * 60 * 60 * 1000;

/**
 * The login for the OCI API of ECR and ECR Public, by GetAuthorizationToken. Returns the same object for as long as it is valid. Without a
 * login, ECR Public lets only a few pulls a second through, and ECR none.
 */
export function createLogin(client: EcrClient, clock: Clock): () => Promise<Credentials> {
  let login: Promise<Credentials> | undefined;
  let until = 0;
  return () => {
    if (login && clock.now() < until) return login;
    until = clock.now() + LASTS;
    const fresh = ask(client);
    login = fresh;
    fresh.catch(() => {
      login = undefined;
    });
    return fresh;
  };
}

async function ask(client: EcrClient): Promise<Credentials> {
  const doing = `log in to ${client.name}`;
  const answer = await client.call({ operation: 'GetAuthorizationToken', doing });
  const { authorizationData: data } = answer;
  // ECR tells a list of one, ECR Public the one.
  const token = asText(asObject(Array.isArray(data) ? data[0] : data)?.['authorizationToken']);
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(token ?? '', 'base64').toString('utf8')) ?? [];
  if (username === undefined || password === undefined) throw badAnswer(doing, 'the answer holds no login');
  rememberSecret(password);
  return { username, password, source: `${client.service.prefix}:GetAuthorizationToken` };
}
