import * as z from 'zod';
import { daysIn } from '../days-in.ts';

// CleanupPolicy, CleanupPolicyCondition and CleanupPolicyMostRecentVersions of the API (artifactregistry v1), and the file of
// https://docs.cloud.google.com/artifact-registry/docs/repositories/cleanup-policy: all of a condition must hold, any prefix will do, and
// what a Keep policy names stays whatever a Delete policy says.
const prefixes = z.array(z.string().min(1)).min(1);
const duration = z.string().refine((text) => daysIn(text) !== undefined, { error: 'not a duration, such as 30d or 2592000s' });
const Condition = z.strictObject({
  tagState: z
    .string()
    .transform((state) => state.toLowerCase())
    .pipe(z.enum(['tagged', 'untagged', 'any', 'tag_state_unspecified']))
    .optional(),
  tagPrefixes: prefixes.optional(),
  versionNamePrefixes: prefixes.optional(),
  packageNamePrefixes: prefixes.optional(),
  olderThan: duration.optional(),
  newerThan: duration.optional(),
});
const action = z
  .union([z.string(), z.strictObject({ type: z.string() }).transform(({ type }) => type)])
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(['delete', 'keep']));
export const CleanupPolicy = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  action,
  condition: Condition.optional(),
  mostRecentVersions: z.strictObject({ packageNamePrefixes: prefixes.optional(), keepCount: z.int().min(1) }).optional(),
});
export type CleanupPolicy = z.infer<typeof CleanupPolicy>;
export const PolicyList = z.array(CleanupPolicy).min(1);
/** What `gcloud artifacts repositories describe --format=json` prints. */
export const Repository = z.object({
  name: z.string().optional(),
  cleanupPolicyDryRun: z.boolean().optional(),
  cleanupPolicies: z.record(z.string(), CleanupPolicy),
});
