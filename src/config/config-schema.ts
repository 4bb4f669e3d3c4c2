import * as z from 'zod';
import { awsIdentity, awsRegion } from './aws-settings.ts';
import type { RegistrySettings } from './registry-settings.ts';
import { parseRegistryUrl } from './registry-url.ts';

/** Most requests at a time that may be asked for. */
export const MOST_CONCURRENCY = 256;

const file = z.string().min(1);
const concurrency = z.int().min(1).max(MOST_CONCURRENCY);
const rate = z.number().positive();
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'not the name of an environment variable' });

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

/** The keys that a registry of any type may have; the settings of its type stand beside these. */
const registryFields = {
  url: z.string(),
  auth: AuthSpec.optional(),
  tls: z.strictObject({ ca: file }).optional(),
  plainHttp: z.literal(true, { error: 'can only be true: leave it out otherwise' }).optional(),
  concurrency: concurrency.optional(),
  rate: rate.optional(),
};

/** The keys for the settings of single types, which a registry may have one by one. */
export function settingsOf(types: readonly RegistrySettings[]): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(types.flatMap(({ settings }) => (settings ? [[settings.key, settings.schema.optional()]] : [])));
}

function registrySpec(types: readonly RegistrySettings[]) {
  return z
    .strictObject({ ...registryFields, type: z.enum(types.map(({ name }) => name)).optional(), ...(settingsOf(types) as object) })
    .superRefine(
      ({ url, plainHttp }, context) => {
        const result = parseRegistryUrl(url, plainHttp);
        if ('problem' in result) context.addIssue({ code: 'custom', path: ['url'], message: result.problem });
      },
      // Beside other problems too, so that all are told at once.
      { when: ({ value }) => typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string' },
    );
}
export type RegistrySpec = z.infer<ReturnType<typeof registrySpec>>;

/** A registry's name: what policies and documents call it. No slash, so that it is never taken for an image. */
const registryName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]*$/, {
  error: 'not a name for a registry: letters, digits, ".", "_", ":" and "-", and a letter or digit first',
});

const AwsWorkloads = z.strictObject({ ...awsIdentity, regions: z.array(awsRegion).min(1).optional() });

/** A source of what is in use, by the one key that tells its kind. */
const InUseSpec = z
  .strictObject({
    file: file.optional(),
    command: z.array(z.string().min(1)).min(1).optional(),
    kubernetes: z.strictObject({ kubeconfig: file.optional(), contexts: z.array(z.string().min(1)).min(1).optional() }).optional(),
    ecs: AwsWorkloads.optional(),
    lambda: AwsWorkloads.optional(),
    mayBeEmpty: z.literal(true, { error: 'can only be true: leave it out otherwise' }).optional(),
  })
  .superRefine((source, context) => exactlyOne(source, ['file', 'command', 'kubernetes', 'ecs', 'lambda'], context));

/** The address of a repository of Git, or its folder. */
const gitRepository = z
  .string()
  .min(1)
  .refine((text) => !/^https?:\/\/[^/]*@|^[^/]*:\/\/[^/]*:[^/]*@/i.test(text), {
    error: "holds a user or password, which must not stand in an address: use Git's credential helpers",
  });

/** Where a list of names that exist comes from, by the one key that tells its kind. */
const ListSpec = z
  .strictObject({
    git: z
      .strictObject({
        repository: gitRepository,
        refs: z
          .array(z.enum(['branches', 'tags']))
          .min(1)
          .optional(),
      })
      .optional(),
    file: file.optional(),
    command: z.array(z.string().min(1)).min(1).optional(),
  })
  .superRefine((source, context) => exactlyOne(source, ['git', 'file', 'command'], context));

/** The reports that can be read, by the program that writes them or the name of their format. */
const REPORT_FORMATS = ['trivy', 'grype', 'sarif', 'clair', 'snyk', 'aqua'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Reports of scanners: a file or a glob, by the one key that tells their format. */
const FindingsSpec = z
  .strictObject(
    Object.fromEntries(REPORT_FORMATS.map((format) => [format, file.optional()])) as Record<ReportFormat, z.ZodOptional<typeof file>>,
  )
  .superRefine((source, context) => exactlyOne(source, REPORT_FORMATS, context));

/** Where a mirror answers: a host, with the path it puts before repository names, if any. */
const mirror = z
  .string()
  .regex(/^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._/-]*[a-z0-9])?$/, { error: 'not a host, such as mirror.example.com, or a host and path' });

/** What it stands for; a virtual repository stands for several. */
const mirrored = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** A config file as written, with registries of these types. Files in it are relative to it. */
export function configFile(types: readonly RegistrySettings[]) {
  return z.strictObject({
    registries: z.record(registryName, registrySpec(types)).optional(),
    policies: z.array(file).optional(),
    inUse: z.array(InUseSpec).optional(),
    mirrors: z.record(mirror, mirrored).optional(),
    findings: z.array(FindingsSpec).optional(),
    lists: z.record(z.string().min(1), ListSpec).optional(),
    limits: z.strictObject({ maxDeletions: z.int().min(0).optional() }).optional(),
    journalDir: file.optional(),
    cacheDir: file.optional(),
    cache: z.literal(false, { error: 'can only be false: leave it out otherwise' }).optional(),
    concurrency: concurrency.optional(),
    rate: rate.optional(),
  });
}
export type ConfigFile = z.infer<ReturnType<typeof configFile>>;

const SECRETS = ['password', 'token', 'secret', 'identityToken'];

/** What other programs call what is meant, and what it is here. */
const CONNECTION: readonly (readonly [key: RegExp, here: string])[] = [
  [
    /^(?:root|trusted)?[-_]?(?:ca|cert(?:ificate)?s?)[-_]?(?:file|cert|bundle|path)?$/i,
    'a certificate authority is given as tls: {ca: FILE}',
  ],
  [
    /^(?:insecure\w*|(?:use|allow|plain)?[-_]?http|(?:skip)?[-_]?(?:tls|ssl)?[-_]?(?:skip)?[-_]?verify|no[-_]?tls)$/i,
    'a registry without TLS is allowed by plainHttp: true; a certificate is always checked, and its CA is given as tls: {ca: FILE}',
  ],
];

/** What to say of a key of a registry that is not known: one that would hold a secret, and one that other programs have. */
export function unknownRegistryKey(path: readonly (string | number)[], key: string): string | undefined {
  if (path[0] !== 'registries') return undefined;
  const here = CONNECTION.find(([words]) => words.test(key))?.[1];
  if (here !== undefined) return `unknown key "${key}": ${here}`;
  if (!SECRETS.includes(key)) return undefined;
  const what = key === 'password' ? 'password' : 'secret';
  return `a ${what} must not stand in a config: name an environment variable ("passwordEnv") or a file ("passwordFile") that holds it`;
}
