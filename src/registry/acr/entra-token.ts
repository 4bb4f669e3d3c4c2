import { printable, redact, rememberSecret } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { authorityOf } from './host.ts';

/**
 * Gets an access token of Microsoft Entra ID for an audience, such as `https://containerregistry.azure.net`. Throws `ToolError` `AUTH`, as
 * {@link NoIdentity} where there is no identity at all.
 */
export type EntraToken = (audience: string) => Promise<string>;

/** None of the ways of the Azure SDK to an identity is there. */
export class NoIdentity extends ToolError {}

const MAX_TEXT = 400;
/** What the SDK's chain ends in where each of its ways is missing. A way that is there and fails ends it with another error. */
const NONE = new Set(['AggregateAuthenticationError', 'CredentialUnavailableError']);
/** What the SDK takes from its environment and sends, as the ways of its chain have it. */
const SECRETS = ['AZURE_CLIENT_SECRET', 'AZURE_PASSWORD', 'AZURE_CLIENT_CERTIFICATE_PASSWORD', 'IDENTITY_HEADER', 'MSI_SECRET'];

/**
 * Gets tokens for the identity of this machine through the chain of the Azure SDK: environment (a service principal), workload identity,
 * managed identity, the Azure CLI and other tools. The SDK is loaded when the first token is asked for. AZURE_AUTHORITY_HOST wins over what
 * the host of the registry says.
 */
export function createEntraToken(registry: string, url: string, env: Readonly<Record<string, string | undefined>>): EntraToken {
  const authority = env['AZURE_AUTHORITY_HOST'] ? undefined : authorityOf(new URL(url).hostname);
  for (const name of SECRETS) {
    // The SDK looks at the process's own alone.
    const secret = process.env[name];
    if (secret) rememberSecret(secret);
  }
  let credential: Promise<{ getToken(scope: string): Promise<{ readonly token: string } | null> }> | undefined;
  return async (audience) => {
    credential ??= import('@azure/identity').then(
      ({ DefaultAzureCredential }) => new DefaultAzureCredential({ ...(authority !== undefined && { authorityHost: authority }) }),
    );
    try {
      const answer = await (await credential).getToken(`${audience}/.default`);
      if (!answer) throw new Error('the Azure SDK has no token');
      rememberSecret(answer.token);
      return answer.token;
    } catch (error) {
      throw noToken(registry, error);
    }
  };
}

function noToken(registry: string, error: unknown): ToolError {
  const isNone = error instanceof Error && NONE.has(error.name);
  const said = printable(redact(error instanceof Error ? whatMatters(error.message, isNone) : String(error)))
    .slice(0, MAX_TEXT)
    .replace(/[.\s]*$/, '.');
  return new (isNone ? NoIdentity : ToolError)(
    'AUTH',
    `There are no credentials for the registry ${registry}, and no identity of Microsoft Entra ID: ${said}`,
    {
      hint:
        'Run "az login", or give the pod or machine a workload or managed identity (AZURE_CLIENT_ID says which), or set ' +
        'AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; ' +
        "or give the registry's own user and password, in REGISTRY_USER and REGISTRY_PASSWORD or in the config.",
      cause: error,
    },
  );
}

/**
 * Of the SDK's message, which has up to two thousand characters: the sentence of Entra ID with its code (AADSTS…), if there is one; where
 * each way is missing, the first sentence about each; else all but where to read more.
 */
function whatMatters(message: string, isNone: boolean): string {
  const code = /AADSTS\d+: [^\n]*?\.(?=\s|$)/.exec(message)?.[0];
  if (code !== undefined) return `${/^\w*Credential\b/.exec(message)?.[0] ?? 'the service'} was refused, ${code}`;
  if (!isNone) return message.replace(/\s*(?:To troubleshoot, visit|Trace ID:|Correlation ID:|Timestamp:) ?\S*/g, '');
  const ways = message.split('\n').flatMap((line) => /^CredentialUnavailableError: (?:Error: )?(.*?)\.(?:\s|$)/.exec(line)?.[1] ?? []);
  return ways.length === 0 ? message : ways.join('; ');
}
