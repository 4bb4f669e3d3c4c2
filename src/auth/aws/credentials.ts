import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { rememberSecret } from '../../diagnostics/redact.ts';
import { noteGettingCredentials } from './aws-errors.ts';
import { Lending } from './lending.ts';
import { missingProfile } from './profile-files.ts';
import type { RequestHandler } from './request-handler.ts';

/** Whose permissions are used, as the config says. */
export interface AwsIdentity {
  /** A profile of the AWS config and credentials files. */
  readonly profile?: string;
  /** A role to assume with the credentials that were found. */
  readonly roleArn?: string;
  /** What the role asks for from others than its own account. */
  readonly externalId?: string;
}

/** Hands out credentials, to each client of the SDK that is made with it. */
export type AwsCredentials = ReturnType<typeof fromNodeProviderChain>;

/**
 * The credentials that the SDK's own chain finds: environment, profile (with SSO, a process or another role), web identity (service
 * accounts of EKS), Pod Identity and ECS, instance role. With `roleArn`, that role is assumed with what the chain finds. Nothing is
 * requested yet. `client` is what the calls to STS and SSO are sent with.
 */
export function awsCredentials(
  { profile, roleArn, externalId }: AwsIdentity,
  client: { readonly region: string; readonly requestHandler: RequestHandler },
): AwsCredentials {
  const lending = new Lending(client.requestHandler);
  return withGivenAddress((kinds) => {
    const clientConfig = { ...client, requestHandler: lending, ...kinds } as NonNullable<
      NonNullable<Parameters<typeof fromNodeProviderChain>[0]>['clientConfig']
    >;
    const chain = remembered(fromNodeProviderChain({ clientConfig, ...(profile !== undefined && { profile }) }), lending, profile);
    if (roleArn === undefined) return chain;
    const assumed = fromTemporaryCredentials({
      masterCredentials: chain,
      clientConfig: clientConfig as NonNullable<Parameters<typeof fromTemporaryCredentials>[0]['clientConfig']>,
      params: { RoleArn: roleArn, RoleSessionName: 'regprune', ...(externalId !== undefined && { ExternalId: externalId }) },
    });
    return remembered(assumed as AwsCredentials, lending, profile);
  });
}

interface EndpointKinds {
  readonly useFipsEndpoint?: false;
  readonly useDualstackEndpoint?: false;
}

/**
 * Lets an address of STS that was given (in the environment or the profile) be used as it is, where FIPS or dual-stack endpoints are asked
 * for besides. The SDK makes its client for STS by itself, and that refuses both together before it sends anything.
 */
function withGivenAddress(make: (kinds: EndpointKinds) => AwsCredentials): AwsCredentials {
  const usual = make({});
  let provide = usual;
  return async (...args) => {
    const used = provide;
    try {
      return await used(...args);
    } catch (error) {
      if (used !== usual || !(error instanceof Error) || !error.message.startsWith('Invalid Configuration: ')) throw error;
      if (provide === usual) provide = make({ useFipsEndpoint: false, useDualstackEndpoint: false });
      return provide(...args);
    }
  };
}

/**
 * Remembers every credential as a secret: in errors, services repeat what was signed, including the session token ("The Canonical String
 * for this request should have been"). An error is noted as one of getting credentials.
 */
function remembered(provide: AwsCredentials, lending: Lending, given: string | undefined): AwsCredentials {
  return async (...args) => {
    lending.refused = undefined;
    const found = await provide(...args).catch(async (error: unknown) => {
      const profile = given ?? (process.env['AWS_PROFILE'] || undefined);
      const profileProblem = profile === undefined ? undefined : await missingProfile(profile);
      noteGettingCredentials(error, { profile, profileProblem, refused: lending.refused });
      throw error;
    });
    for (const secret of [found.secretAccessKey, found.sessionToken, found.accessKeyId]) if (secret !== undefined) rememberSecret(secret);
    return found;
  };
}
