import type { RequestHandler } from './request-handler.ts';

/** A request for credentials that was refused. */
export interface Refused {
  /** The service that refused: `AWS STS`. */
  readonly lender: string;
  /** The role that it was asked for. */
  readonly role?: string;
}

/** Sends the SDK's requests for credentials, and knows the last one that was refused: the SDK's errors do not tell it in all cases. */
export class Lending implements RequestHandler {
  readonly metadata;
  readonly #handler: RequestHandler;
  refused: Refused | undefined;

  constructor(handler: RequestHandler) {
    this.#handler = handler;
    this.metadata = handler.metadata;
  }

  async handle(...[request, options]: Parameters<RequestHandler['handle']>): ReturnType<RequestHandler['handle']> {
    const answer = await this.#handler.handle(request, options);
    this.refused = answer.response.statusCode >= 400 ? askedOf(request) : undefined;
    return answer;
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {};
  }

  destroy(): void {}
}

/** Which service a request is for, by what it asks; the address may be anybody's. */
function askedOf({ hostname, path, query, body }: Parameters<RequestHandler['handle']>[0]): Refused | undefined {
  // AWS STS, API reference: AssumeRole, AssumeRoleWithWebIdentity.
  const form = new URLSearchParams(typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : '');
  if (form.has('Action')) return { lender: 'AWS STS', ...(form.has('RoleArn') && { role: form.get('RoleArn') as string }) };
  // IAM Identity Center, portal API reference: GetRoleCredentials; OIDC API reference: CreateToken.
  if (path === '/federation/credentials') {
    return { lender: 'AWS IAM Identity Center', role: `${String(query?.['role_name'])} of the account ${String(query?.['account_id'])}` };
  }
  if (hostname.startsWith('signin.')) return { lender: 'AWS Sign-In' };
  if (hostname.startsWith('cognito-identity')) return { lender: 'Amazon Cognito' };
  return path === '/token' ? { lender: 'AWS IAM Identity Center' } : undefined;
}
