import { z } from 'zod';
import { parseRegistryUrl } from './registry-url.ts';

/** The kinds of registries that `type` can name; without it the host decides, or the API is asked. */
const REGISTRY_TYPES = ['oci', 'harbor', 'ecr', 'ecr-public', 'acr', 'gar'] as const;
export type RegistryType = (typeof REGISTRY_TYPES)[number];

/** Most requests at a time that may be asked for. */
export const MOST_CONCURRENCY = 256;

const file = z.string().min(1);
const concurrency = z.int().min(1).max(MOST_CONCURRENCY);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'not the name of an environment variable' });

const RESOURCE_ID =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\p{L}\p{N}_().-]*[\p{L}\p{N}_()-]\/providers\/Microsoft\.ContainerRegistry\/registries\/[a-z0-9]+$/iu;

const AuthSpec = z
  .strictObject({
    username: z.string().min(1).optional(),
    usernameEnv: variable.optional(),
    usernameFile: file.optional(),
    passwordEnv: variable.optional(),
    passwordFile: file.optional(),
  })
  .superRefine((auth, context) => {
    exactlyOne(auth, ['username', 'usernameEnv', 'usernameFile'], context);
    exactlyOne(auth, ['passwordEnv', 'passwordFile'], context);
  });

/** Adds an issue unless one of the keys is given, and one for each that is given beside it. */
function exactlyOne<Key extends string>(
  object: Readonly<Partial<Record<Key, unknown>>>,
  names: readonly Key[],
  context: z.RefinementCtx,
): void {
  const given = names.filter((name) => object[name] !== undefined);
  const list = names
    .map((name) => `"${name}"`)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' and ');
  if (given.length === 0) context.addIssue({ code: 'custom', path: [], message: `needs one of ${list}` });
  for (const name of given.slice(1))
    context.addIssue({ code: 'custom', path: [name], message: `cannot stand beside "${given[0]}": needs one of ${list}` });
}

/** Whose permissions are used in AWS. Everything secret comes by the AWS SDK's own ways. */
const awsIdentity = {
  profile: z.string().min(1).optional(),
  roleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, {
      error: 'not the ARN of a role, such as arn:aws:iam::123456789012:role/cleanup',
    })
    .optional(),
  externalId: z.string().min(2).optional(),
};
const region = z.string().regex(/^[a-z]{2,}(?:-[a-z]+)+-\d+$/, { error: 'not a region, such as eu-central-1' });

/** Whose permissions are used for an Amazon ECR registry, and where it is. */
const EcrSpec = z.strictObject({ ...awsIdentity, region: region.optional() });

/**
 * Where a Google Artifact Registry is, what of it is listed, and whose permissions are used. Secrets come from Google's own sources or from
 * `auth`.
 */
const GarSpec = z.strictObject({
  projects: z
    .array(z.string().regex(/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]*$/, { error: 'not the id of a project, such as my-project' }))
    .min(1)
    .optional(),
  location: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, { error: 'not a location, such as europe-west1 or us' })
    .optional(),
  impersonate: z
    .string()
    .regex(/^[\w.-]+@[\w.-]+$/, { error: 'not the email of a service account' })
    .optional(),
});

/** The Azure resource that an Azure Container Registry is. Whose permissions are used, Azure's own ways or `auth` say. */
const AcrSpec = z.strictObject({
  resourceId: z.string().regex(RESOURCE_ID, {
    error: 'not the id of a registry, such as /subscriptions/…/resourceGroups/ops/providers/Microsoft.ContainerRegistry/registries/contoso',
  }),
});

const RegistrySpec = z
  .strictObject({
    url: z.string(),
    type: z.enum(REGISTRY_TYPES).optional(),
    auth: AuthSpec.optional(),
    ecr: EcrSpec.optional(),
    gar: GarSpec.optional(),
    acr: AcrSpec.optional(),
    tls: z.strictObject({ ca: file }).optional(),
    plainHttp: z.literal(true, { error: 'can only be true: leave it out otherwise' }).optional(),
    concurrency: concurrency.optional(),
  })
  .superRefine(
    ({ url, plainHttp }, context) => {
      const result = parseRegistryUrl(url, plainHttp);
      if ('problem' in result) context.addIssue({ code: 'custom', path: ['url'], message: result.problem });
    },
    // Beside other problems too, so that all are told at once.
    { when: ({ value }) => typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string' },
  );

/** A registry's name: what policies and documents call it. No slash, so that it is never taken for an image. */
const registryName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, {
  error: 'not a name for a registry: letters, digits, ".", "_", ":" and "-", and a letter or digit first',
});

const AwsWorkloads = z.strictObject({ ...awsIdentity, regions: z.array(region).min(1).optional() });

/** A source of what is in use, by the one key that tells its kind. */
const InUseSpec = z
  .strictObject({
    file: file.optional(),
    command: z.array(z.string().min(1)).min(1).optional(),
    kubernetes: z.strictObject({ kubeconfig: file.optional(), contexts: z.array(z.string().min(1)).min(1).optional() }).optional(),
    ecs: AwsWorkloads.optional(),
    lambda: AwsWorkloads.optional(),
  })
  .superRefine((source, context) => exactlyOne(source, ['file', 'command', 'kubernetes', 'ecs', 'lambda'], context));

/** Where a mirror answers: a host, with the path it puts before repository names, if any. */
const mirror = z
  .string()
  .regex(/^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._/-]*[a-z0-9])?$/, { error: 'not a host, such as mirror.example.com, or a host and path' });

/** A config file as written. Files in it are relative to it. */
export const ConfigFile = z.strictObject({
  registries: z.record(registryName, RegistrySpec).optional(),
  policies: z.array(file).optional(),
  inUse: z.array(InUseSpec).optional(),
  mirrors: z.record(mirror, z.string().min(1)).optional(),
  limits: z.strictObject({ maxDeletions: z.int().min(0).optional() }).optional(),
  journalDir: file.optional(),
  cacheDir: file.optional(),
  concurrency: concurrency.optional(),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

const SECRETS = ['password', 'token', 'secret', 'identityToken'];

/** What to say of a key that would hold a secret. */
export function secretKey(path: readonly (string | number)[], key: string): string | undefined {
  if (path[0] !== 'registries' || !SECRETS.includes(key)) return undefined;
  const what = key === 'password' ? 'password' : 'secret';
  return `a ${what} must not stand in a config: name an environment variable ("passwordEnv") or a file ("passwordFile") that holds it`;
}
