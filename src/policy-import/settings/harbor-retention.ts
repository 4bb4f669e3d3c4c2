import * as z from 'zod';
import { HarborScope, HarborSelector } from '../harbor-selector.ts';

// `GET /api/v2.0/retentions/{id}` and `GET /api/v2.0/projects/{project}/immutabletagrules`: RetentionPolicy and ImmutableRule of Harbor's
// swagger.yaml. What the templates keep: goharbor/harbor, src/pkg/retention/policy/rule; times: src/pkg/retention/dep/client.go.
const TEMPLATES = ['latestPushedK', 'latestPulledN', 'nDaysSinceLastPush', 'nDaysSinceLastPull', 'always'] as const;
const common = {
  id: z.int().optional(),
  priority: z.int().optional(),
  disabled: z.boolean().optional(),
  tag_selectors: z.tuple([HarborSelector]),
  scope_selectors: z.strictObject({ repository: z.tuple([HarborScope]) }),
};
export const RetentionRule = z
  .strictObject({
    ...common,
    action: z.literal('retain'),
    template: z.enum(TEMPLATES),
    params: z.record(z.string(), z.number().min(0)).default({}),
  })
  .refine(({ template, params }) => template === 'always' || params[template] !== undefined, {
    path: ['params'],
    error: 'has no number for the template of this rule',
  });
export type RetentionRule = z.infer<typeof RetentionRule>;
export const Retention = z.object({ algorithm: z.literal('or').optional(), rules: z.array(RetentionRule).min(1) });
export const ImmutableRules = z.array(
  z.strictObject({
    ...common,
    action: z.string().optional(),
    template: z.literal('immutable_template').optional(),
    params: z.unknown().optional(),
  }),
);
