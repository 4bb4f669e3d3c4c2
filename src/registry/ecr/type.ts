import { z } from 'zod';
import type { AwsIdentity } from '../../auth/aws/credentials.ts';
import { awsIdentity, awsRegion } from '../../config/aws-settings.ts';
import type { RegistryType } from '../registry-type.ts';
import { ecrAliases, ecrPublicAliases } from './aliases.ts';
import { ECR_HOST, ECR_PUBLIC_HOST } from './host.ts';

/** Whose permissions are used, and the region of a private registry where its host does not tell it. */
const EcrSettings = z.strictObject({ ...awsIdentity, region: awsRegion.optional() });
const settings = { key: 'ecr', schema: EcrSettings };
const hint = 'Its credentials are found by the AWS SDK; "ecr" can name a profile or a role.';

/** Private registries of Amazon ECR. */
export const ecrType: RegistryType = {
  name: 'ecr',
  hosts: ECR_HOST,
  aliases: ecrAliases,
  settings,
  unused: { paths: ['auth'], hint },
  open: async ({ name, url, settings: given, http, env, concurrency, cache, waits }) => {
    const { region, ...identity } = EcrSettings.parse(given ?? {});
    const { createEcrRegistry } = await import('./create-registry.ts');
    return createEcrRegistry({
      name,
      url,
      http,
      env,
      identity: identity as AwsIdentity,
      ...(region !== undefined && { region }),
      concurrency,
      ...(cache && { cache }),
      ...(waits && { waits }),
    });
  },
};

/** Amazon ECR Public. */
export const ecrPublicType: RegistryType = {
  name: 'ecr-public',
  hosts: ECR_PUBLIC_HOST,
  aliases: ecrPublicAliases,
  settings,
  unused: { paths: ['auth', 'ecr.region'], hint },
  open: async ({ name, url, settings: given, http, concurrency, cache, waits }) => {
    const identity = EcrSettings.parse(given ?? {}) as AwsIdentity;
    const { createEcrPublicRegistry } = await import('./create-public-registry.ts');
    return createEcrPublicRegistry({ name, url, http, identity, concurrency, ...(cache && { cache }), ...(waits && { waits }) });
  },
};
