import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { ECRClientConfig } from '@aws-sdk/client-ecr';

/** What the config says of whose permissions are used. */
export interface EcrIdentity {
  /** A profile of the AWS config and credentials files. */
  readonly profile?: string;
  /** A role to assume with the credentials that were found. */
  readonly roleArn?: string;
  /** What the role asks for from others than its own account. */
  readonly externalId?: string;
}

type Credentials = NonNullable<ECRClientConfig['credentials']>;

/**
 * The SDK's chain: environment, profile (with SSO, a process, another role), web identity (service accounts of EKS), Pod Identity and ECS, instance role. With
 * `roleArn` that role is assumed with what the chain finds. Nothing is asked for yet. `client` is for the calls of STS and SSO.
 */
export function awsCredentials({ profile, roleArn, externalId }: EcrIdentity, client: Pick<ECRClientConfig, 'region' | 'requestHandler'>): Credentials {
  const clientConfig = { ...client } as NonNullable<NonNullable<Parameters<typeof fromNodeProviderChain>[0]>['clientConfig']>;
  const chain = fromNodeProviderChain({ clientConfig, ...(profile !== undefined && { profile }) });
  if (roleArn === undefined) return chain;
  return fromTemporaryCredentials({
    masterCredentials: chain,
    clientConfig: clientConfig as NonNullable<Parameters<typeof fromTemporaryCredentials>[0]['clientConfig']>,
    params: { RoleArn: roleArn, RoleSessionName: 'regprune', ...(externalId !== undefined && { ExternalId: externalId }) },
  }) as Credentials;
}
