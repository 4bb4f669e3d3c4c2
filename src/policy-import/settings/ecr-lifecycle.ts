import * as z from 'zod';

// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html and …/LifecyclePolicies.html
const patterns = z.array(z.string().min(1)).min(1);
export const LifecycleRule = z.strictObject({
  rulePriority: z.int(),
  description: z.string().optional(),
  selection: z.strictObject({
    tagStatus: z.enum(['tagged', 'untagged', 'any']),
    tagPatternList: patterns.optional(),
    tagPrefixList: patterns.optional(),
    storageClass: z.enum(['standard', 'archive']).optional(),
    countType: z.enum(['imageCountMoreThan', 'sinceImagePushed', 'sinceImagePulled', 'sinceImageTransitioned']),
    countUnit: z.literal('days').optional(),
    countNumber: z.int().min(1),
  }),
  action: z.strictObject({ type: z.enum(['expire', 'transition']), targetStorageClass: z.literal('archive').optional() }),
});
export type LifecycleRule = z.infer<typeof LifecycleRule>;
export const LifecyclePolicy = z.strictObject({ rules: z.array(LifecycleRule).min(1) });
/** What `aws ecr get-lifecycle-policy` prints. */
export const Answer = z.object({ repositoryName: z.string().min(1).optional(), lifecyclePolicyText: z.string() });
