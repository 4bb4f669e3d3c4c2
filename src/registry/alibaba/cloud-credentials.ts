import { setTimeout as wait } from 'node:timers/promises';
import { printable, redact, rememberSecret } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { holderOf } from './holder-of.ts';

/** What calls of the API are signed with. */
export interface CloudKeys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** Answers the keys of now: those of a role change every hour. Throws `AUTH` where there are none. */
export type CloudCredentials = () => Promise<CloudKeys>;

interface Provider {
  getCredentials(): Promise<{ readonly accessKeyId: string; readonly accessKeySecret: string; readonly securityToken?: string }>;
}

/** Milliseconds that one way to credentials may take: the one that asks the machine's metadata service waits for a second or two. */
const LONGEST = 20_000;

/**
 * The ways of Alibaba Cloud's own library, in its order: ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET (and _SECURITY_TOKEN), a role for an OIDC
 * token (RRSA in a cluster), `~/.aliyun/config.json`, `~/.alibabacloud/credentials`, the role of an ECS instance, and the address in
 * ALIBABA_CLOUD_CREDENTIALS_URI. The library reads the environment of the process. The way that gave credentials is asked from then on.
 */
export function createCloudCredentials(name: string, open: () => Promise<readonly Provider[]> = openProviders): CloudCredentials {
  let providers: Promise<readonly Provider[]> | undefined;
  let used: Provider | undefined;
  return async () => {
    providers ??= open();
    const reasons: string[] = [];
    for (const provider of used ? [used] : await providers) {
      try {
        const keys = await inTime(provider);
        used = provider;
        return keys;
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new ToolError(
      'AUTH',
      `There are no credentials of Alibaba Cloud for the API of ${name}: ${redact(printable(reasons.join('; ')))}.`,
      {
        hint:
          'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or one of the other ways of Alibaba Cloud: a profile in ' +
          '~/.alibabacloud/credentials or ~/.aliyun/config.json, an OIDC role, the role of an ECS instance.',
      },
    );
  };
}

async function inTime(provider: Provider): Promise<CloudKeys> {
  const timer = new AbortController();
  const late = wait(LONGEST, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${LONGEST / 1000} seconds`);
  });
  try {
    const { accessKeyId, accessKeySecret, securityToken } = await Promise.race([provider.getCredentials(), late]);
    if (!accessKeyId || !accessKeySecret) throw new Error('the credentials are empty');
    for (const secret of [accessKeySecret, securityToken]) if (secret) rememberSecret(secret);
    return { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) };
  } finally {
    late.catch(() => undefined);
    timer.abort();
  }
}

/** A way that is not set up at all says so when it is built. */
async function openProviders(): Promise<readonly Provider[]> {
  const library = holderOf(await import('@alicloud/credentials'), 'ProfileCredentialsProvider') as typeof import('@alicloud/credentials');
  const metadata = process.env['ALIBABA_CLOUD_ECS_METADATA'] ?? '';
  const uri = process.env['ALIBABA_CLOUD_CREDENTIALS_URI'] ?? '';
  const ways: readonly (() => Provider)[] = [
    () => library.EnvironmentVariableCredentialsProvider.builder().build(),
    () => library.OIDCRoleArnCredentialsProvider.builder().build(),
    () => library.CLIProfileCredentialsProvider.builder().build(),
    () => library.ProfileCredentialsProvider.builder().build(),
    () => library.ECSRAMRoleCredentialsProvider.builder().withRoleName(metadata).build(),
    ...(uri === '' ? [] : [() => library.URICredentialsProvider.builder().withCredentialsURI(uri).build()]),
  ];
  return ways.map((build): Provider => {
    try {
      return build();
    } catch (error) {
      return { getCredentials: () => Promise.reject(error as Error) };
    }
  });
}
