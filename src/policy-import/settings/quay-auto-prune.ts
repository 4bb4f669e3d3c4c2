import * as z from 'zod';
import { daysIn } from '../days-in.ts';

// `GET /api/v1/organization/{org}/autoprunepolicy/` and `…/repository/{org}/{repo}/autoprunepolicy/`. What they mean: quay/quay,
// data/model/autoprune.py and data/model/oci/tag.py: the pattern is searched for, times are those since when a tag points to its image.
export const AutoPrunePolicy = z
  .strictObject({
    uuid: z.string().optional(),
    method: z.enum(['number_of_tags', 'creation_date']),
    value: z.union([z.int().min(1), z.string()]),
    tagPattern: z.string().nullish(),
    tagPatternMatches: z.boolean().nullish(),
  })
  .refine(({ method, value }) => (method === 'number_of_tags' ? typeof value === 'number' : daysIn(String(value)) !== undefined), {
    path: ['value'],
    error: 'is a number of tags, or a duration such as 7d, as "method" says',
  });
export type AutoPrunePolicy = z.infer<typeof AutoPrunePolicy>;
export const Policies = z.object({ policies: z.array(AutoPrunePolicy).min(1) });
