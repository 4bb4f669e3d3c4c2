import * as z from 'zod';
import { daysIn } from '../days-in.ts';

// `container_expiration_policy` of `GET /api/v4/projects/{id}`, and `container_expiration_policy_attributes` of its PUT:
// https://docs.gitlab.com/api/projects/. What it does: Projects::ContainerRepository::CleanupTagsBaseService of gitlab-org/gitlab, which
// puts \A before an expression and \z behind it, takes out "latest", then counts, then looks at the age.
export const ExpirationPolicy = z.strictObject({
  cadence: z.string().optional(),
  enabled: z.boolean().default(true),
  keep_n: z.int().min(0).nullish(),
  older_than: z
    .string()
    .refine((text) => text === '' || daysIn(text) !== undefined, { error: 'not a duration, such as 30d' })
    .nullish(),
  name_regex: z.string().nullish(),
  name_regex_delete: z.string().nullish(),
  name_regex_keep: z.string().nullish(),
  next_run_at: z.string().nullish(),
});
export type ExpirationPolicy = z.infer<typeof ExpirationPolicy>;
const path = z.string().min(1).optional();
export const Project = z.object({ path_with_namespace: path, container_expiration_policy: ExpirationPolicy });
export const Change = z.object({ path_with_namespace: path, container_expiration_policy_attributes: ExpirationPolicy });
