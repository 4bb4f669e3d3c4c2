import * as z from 'zod';

const masks = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value));
const days = z.int().min(0);
const count = z.int().min(0);
const noMask = z
  .string()
  .min(1)
  .refine((name) => !/[*/[\]]/.test(name), { error: 'is the name of a repository: use RepoByMask for a mask' });
const property = { property_key: z.string(), property_value: z.union([z.string(), z.number(), z.boolean()]) };
const inProperties = {
  docker_repo: z.string(),
  properties_prefix: z.string(),
  image_prefix: z.string().optional(),
  full_docker_repo_name: z.string().optional(),
};
const rule = <Name extends string, Shape extends z.ZodRawShape>(
  name: Name,
  shape: Shape,
): z.ZodObject<{ rule: z.ZodLiteral<Name> } & Shape> =>
  z.strictObject({ rule: z.literal(name), ...shape }) as unknown as z.ZodObject<{ rule: z.ZodLiteral<Name> } & Shape>;
const KnownRule = z.discriminatedUnion('rule', [
  rule('Repo', { name: noMask.optional() }),
  rule('RepoList', { repos: z.array(noMask).min(1) }),
  rule('RepoByMask', { mask: z.string().min(1) }),
  rule('PropertyEq', property),
  rule('PropertyNeq', property),
  rule('DeleteOlderThan', { days }),
  rule('DeleteWithoutDownloads', {}),
  rule('DeleteOlderThanNDaysWithoutDownloads', { days }),
  rule('DeleteNotUsedSince', { days }),
  rule('DeleteEmptyFolders', {}),
  rule('DeleteByRegexpName', { regex_pattern: z.string() }),
  rule('DeleteLeastRecentlyUsedFiles', { keep: count }),
  rule('KeepLatestNFiles', { count }),
  rule('KeepLatestNFilesInFolder', { count }),
  rule('KeepLatestVersionNFilesInFolder', { count, custom_regexp: z.string().optional() }),
  rule('KeepLatestNupkgNVersions', { count }),
  rule('DeleteDockerImagesOlderThan', { days }),
  rule('DeleteDockerImagesOlderThanNDaysWithoutDownloads', { days }),
  rule('DeleteDockerImagesNotUsed', { days }),
  rule('IncludeDockerImages', { masks }),
  rule('ExcludeDockerImages', { masks }),
  rule('KeepLatestNDockerImages', { count }),
  rule('KeepLatestNVersionImagesByProperty', {
    count,
    custom_regexp: z.string().optional(),
    number_of_digits_in_version: z.int().min(1).optional(),
  }),
  rule('DeleteDockerImageIfNotContainedInProperties', inProperties),
  rule('DeleteDockerImageIfNotContainedInPropertiesValue', inProperties),
  rule('IncludePath', { masks }),
  rule('ExcludePath', { masks }),
  rule('IncludeFilename', { masks }),
  rule('ExcludeFilename', { masks }),
  rule('FilterByRegexpPath', { path: z.string() }),
]);
const NAMES = KnownRule.options.map(({ shape }) => shape.rule.value);
export const CleanupRule = z
  .looseObject({
    rule: z.enum(NAMES, { error: 'not a rule that artifactory-cleanup itself has: what it selects or keeps nobody knows here' }),
  })
  .pipe(KnownRule);
export type CleanupRule = z.infer<typeof CleanupRule>;
export const CleanupPolicy = z.strictObject({ name: z.string().min(1), rules: z.array(CleanupRule).min(1) });
export type CleanupPolicy = z.infer<typeof CleanupPolicy>;
export const Settings = z.object({
  'artifactory-cleanup': z.strictObject({
    server: z.string().optional(),
    user: z.string().optional(),
    password: z.string().optional(),
    apikey: z.string().optional(),
    policies: z.array(CleanupPolicy).min(1),
  }),
});
