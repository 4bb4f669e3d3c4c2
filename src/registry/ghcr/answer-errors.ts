import { describeCredentials } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { registryErrorText } from '../../http/registry-errors.ts';

/** What was asked for, for whoever has to read why it was refused. */
export interface Asked {
  /** `list the versions of ghcr.io/team/app` */
  readonly doing: string;
  /** The scopes that a classic token needs for it. Default `read:packages`. */
  readonly scopes?: readonly string[];
}

const READS = ['read:packages'] as const;

/** True of a 404 in JSON, as GitHub's API answers. A web page on the way says nothing. */
export function isNotFound({ status, headers }: HttpResponse): boolean {
  return status === 404 && /^application\/(?:[\w.+-]*\+)?json\b/i.test(headers['content-type'] ?? '');
}

/** True of a refusal because of too many requests, which GitHub answers with 403 or 429 ("Rate limits for the REST API"). */
export function isRateLimit(response: HttpResponse): boolean {
  const { status, headers } = response;
  if (status === 429) return true;
  if (status !== 403) return false;
  const isTold = headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0';
  return isTold || /\brate limit\b/i.test(registryErrorText(response));
}

/**
 * Why GitHub lets nobody delete a version; undefined for any other answer. It says so with 400 ("You cannot delete the last tagged version
 * of a package", "Publicly visible package versions with more than 5000 downloads cannot be deleted"; clients have seen 422 too).
 */
export function whyUndeletable(response: HttpResponse): string | undefined {
  if (response.status !== 400 && response.status !== 422) return undefined;
  const text = registryErrorText(response);
  if (/\blast (?:tagged )?version\b/i.test(text)) {
    return 'it is the last version of the package with a tag, which GitHub keeps with the package. Delete the package instead';
  }
  if (/5,?000 downloads/i.test(text)) {
    return 'it belongs to a public package and was downloaded more than 5,000 times, so that only the support of GitHub can delete it';
  }
  return /\bcannot be deleted\b|\bcannot delete\b/i.test(text) ? `GitHub answered ${text}` : undefined;
}

/** The error for an answer other than the one asked for. `credentials` are those that it was asked with. */
export function refused(asked: Asked, response: HttpResponse, credentials: Credentials | undefined): ToolError {
  const { status } = response;
  const said = `Cannot ${asked.doing}: GitHub answered ${registryErrorText(response)}`;
  const by = `${said}, asked ${describeCredentials(credentials)}.`;
  if (isRateLimit(response)) {
    return new ToolError('REGISTRY_ERROR', `${said}.`, {
      hint: 'Its limit of requests, which all who use this account share, is used up for now. Run again later, or with another account.',
      transient: true,
    });
  }
  if (status === 401)
    return new ToolError('AUTH', by, { hint: `The token is wrong or has expired. ${rightsHint(asked, response, credentials)}` });
  if (status === 403) return new ToolError('AUTH', by, { hint: rightsHint(asked, response, credentials) });
  if (isNotFound(response)) {
    const rights = rightsHint(asked, response, credentials);
    // Without the scope nothing is shown, whether it is there or not.
    return new ToolError(scopesMissing(asked, response).length > 0 ? 'AUTH' : 'NOT_FOUND', by, {
      hint: `Check the name, OWNER/PACKAGE. GitHub answers the same where the token may not see it. ${rights}`,
    });
  }
  return new ToolError('REGISTRY_ERROR', `${said}.`, {
    hint: status >= 500 ? 'Run again later; githubstatus.com may say more.' : 'Check the address of the API, and any proxy before it.',
    transient: status >= 500 || status === 408,
  });
}

/** The error for a token that was let in and lacks a right, as far as its scopes tell; undefined where they do not. */
export function missingScopes(asked: Asked, response: HttpResponse, credentials: Credentials | undefined): ToolError | undefined {
  const missing = scopesMissing(asked, response);
  if (missing.length === 0) return undefined;
  const message = `Cannot ${asked.doing}: the token lacks the scope ${missing.join(' and ')}, asked ${describeCredentials(credentials)}.`;
  return new ToolError('AUTH', message, { hint: rightsHint(asked, response, credentials) });
}

/** Which rights are needed, and what stands in their way, as far as the answer and the kind of the token tell. */
export function rightsHint(asked: Asked, response: Pick<HttpResponse, 'headers'>, credentials: Credentials | undefined): string {
  const scopes = asked.scopes ?? READS;
  const admin = scopes === READS ? '' : ', and its user the role Admin on the package';
  const rights = `It takes a classic token with the scopes ${scopes.join(', ')}${admin}.`;
  const sso = /\burl=([^;,\s]+)/.exec(response.headers['x-github-sso'] ?? '')?.[1];
  if (sso !== undefined) return `The organization demands that the token is authorized for its single sign-on: ${sso}.`;
  if (credentials === undefined) {
    return (
      `${rights} Give it as REGISTRY_PASSWORD with your login as REGISTRY_USER, or by "docker login"; ` +
      'for ghcr.io also as GITHUB_TOKEN.'
    );
  }
  const missing = scopesMissing(asked, response);
  if (missing.length > 0) {
    const has = response.headers['x-oauth-scopes'] || 'no scopes at all';
    return `The token has ${has}, and lacks ${missing.join(' and ')}. ${rights}`;
  }
  const token = 'password' in credentials ? credentials.password : '';
  if (token.startsWith('github_pat_')) return `This is a fine-grained token, which GitHub Packages does not take. ${rights}`;
  if (token.startsWith('ghs_')) {
    return (
      'The token of a workflow needs "permissions: {packages: write}", and its repository the role Admin in the settings of the package ' +
      `(Manage Actions access); it sees no other packages. Otherwise: ${rights}`
    );
  }
  return rights;
}

/** The scopes that a classic token lacks, by `X-OAuth-Scopes`, which GitHub sends with every answer to such a token. */
function scopesMissing({ scopes = READS }: Asked, { headers }: Pick<HttpResponse, 'headers'>): string[] {
  const told = headers['x-oauth-scopes'];
  if (told === undefined) return [];
  const has = told.split(',').map((scope) => scope.trim());
  // Writing includes reading ("Scopes for OAuth apps").
  if (has.includes('write:packages')) has.push('read:packages');
  return scopes.filter((scope) => !has.includes(scope));
}
