import * as z from 'zod';
import { ExpirationPolicy } from './gitlab-expiration.ts';

// The resources of the providers hashicorp/aws, hashicorp/google and gitlabhq/gitlab, and of goharbor/harbor
// (provider/resource_retention_policy.go and client/retention_policy.go: what is 0, false or "" is not given). They become what the API of
// each registry takes, and are read as that.
const given = { n: z.number().optional(), text: z.string().optional(), flag: z.boolean().optional() };
export const selectors = { repo_matching: given.text, repo_excluding: given.text, tag_matching: given.text, tag_excluding: given.text };
export const HarborRule = z.strictObject({
  disabled: given.flag,
  n_days_since_last_pull: given.n,
  n_days_since_last_push: given.n,
  most_recently_pulled: given.n,
  most_recently_pushed: given.n,
  always_retain: given.flag,
  untagged_artifacts: z.boolean().default(true),
  ...selectors,
});
export const HarborRetention = z.strictObject({
  id: given.text,
  scope: z.unknown().optional(),
  schedule: z.unknown().optional(),
  rule: z.array(HarborRule).min(1),
});
export const HarborImmutable = z.strictObject({
  id: given.text,
  project_id: z.unknown().optional(),
  disabled: z.boolean().default(false),
  ...selectors,
});
const one = <Schema extends z.ZodType>(schema: Schema): z.ZodPipe<z.ZodArray<Schema>, z.ZodTransform> =>
  z
    .array(schema)
    .max(1)
    .transform(([first]) => first);
const prefixes = z.array(z.string()).optional();
const GarPolicy = z.strictObject({
  id: z.string(),
  action: z.string(),
  condition: one(
    z.strictObject({
      tag_state: given.text,
      tag_prefixes: prefixes,
      version_name_prefixes: prefixes,
      package_name_prefixes: prefixes,
      older_than: given.text,
      newer_than: given.text,
    }),
  ).optional(),
  most_recent_versions: one(z.strictObject({ package_name_prefixes: prefixes, keep_count: given.n })).optional(),
});
export const GarRepository = z.looseObject({ cleanup_policies: z.array(GarPolicy).min(1), cleanup_policy_dry_run: given.flag });
export const EcrDocument = z.object({
  rule: z
    .array(
      z.strictObject({
        priority: z.int(),
        description: given.text,
        selection: one(
          z.strictObject({
            tag_status: z.string(),
            tag_prefix_list: prefixes,
            tag_pattern_list: prefixes,
            storage_class: given.text,
            count_type: z.string(),
            count_unit: given.text,
            count_number: z.int(),
          }),
        ),
        action: one(z.strictObject({ type: z.string().default('expire'), target_storage_class: given.text })).optional(),
      }),
    )
    .min(1),
});
export type HarborRule = z.infer<typeof HarborRule>;
/** An empty block switches nothing on and names nothing. */
export const GitlabProject = z.looseObject({ container_expiration_policy: one(ExpirationPolicy) });
