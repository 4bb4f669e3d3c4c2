import * as z from 'zod';
import type { AwsIdentity } from '../../auth/aws/credentials.ts';
import { apiEndpoint } from '../../config/api-endpoint.ts';
import { awsAccount, awsIdentity, awsRegion } from '../../config/aws-settings.ts';
import type { OpenContext, RegistryType } from '../registry-type.ts';
import { ecrAliases, ecrPublicAliases } from './aliases.ts';
import { ECR_HOST, ECR_PUBLIC_HOST } from './host.ts';

/** Whose permissions are used, where the API is, and of a private registry its region and account where its host does not tell them. */
const EcrSettings = z.strictObject({
  ...awsIdentity,
  region: awsRegion.optional(),
  account: awsAccount.optional(),
  endpoint: apiEndpoint.optional(),
});
const settings = { key: 'ecr', schema: EcrSettings };
const hint = 'Its credentials are found by the AWS SDK; "ecr" can name a profile or a role.';

/** Private registries of Amazon ECR. */
export const ecrType: RegistryType = {
  name: 'ecr',
  hosts: ECR_HOST,
  aliases: ecrAliases,
  settings,
  unused: { paths: ['auth'], hint },
  open: async (context) => {
    const options = optionsOf(context);
    const { openEcrRegistry } = await import('./open-registry.ts');
    return openEcrRegistry(options);
  },
};

/** Amazon ECR Public. */
export const ecrPublicType: RegistryType = {
  name: 'ecr-public',
  hosts: ECR_PUBLIC_HOST,
  aliases: ecrPublicAliases,
  settings,
  unused: { paths: ['auth', 'ecr.region', 'ecr.account'], hint },
  open: async (context) => {
    const options = optionsOf(context);
    const { createEcrPublicRegistry } = await import('./create-public-registry.ts');
    return createEcrPublicRegistry(options);
  },
};

/** What either type is opened with. The registry's own credentials are not among it: the AWS SDK finds those of its APIs. */
function optionsOf({ name, url, settings: given, http, concurrency, cache, waits }: OpenContext) {
  const { region, account, endpoint, ...identity } = EcrSettings.parse(given ?? {});
  return {
    name,
    url,
    http,
    identity: identity as AwsIdentity,
    ...(region !== undefined && { region }),
    ...(account !== undefined && { account }),
    ...(endpoint !== undefined && { endpoint }),
    concurrency,
    ...(cache && { cache }),
    ...(waits && { waits }),
  };
}
