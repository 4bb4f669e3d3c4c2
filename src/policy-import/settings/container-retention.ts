import * as z from 'zod';
import { isDigest } from '../../domain/digest.ts';
import { anyText, duration, number, text } from '../action-inputs.ts';

/** The inputs of https://github.com/snok/container-retention-policy (v3, README.md). */
export const RetentionInputs = z.strictObject({
  account: anyText,
  token: anyText.optional(),
  'image-names': text,
  'image-tags': text.optional(),
  'cut-off': duration,
  'tag-selection': z.enum(['tagged', 'untagged', 'both']).default('both'),
  'keep-n-most-recent': number.default(0),
  'timestamp-to-use': z.enum(['updated_at', 'created_at']).optional(),
  'skip-shas': text
    .transform((list) => list.split(/[\s,]+/).filter(Boolean))
    .refine((list) => list.every(isDigest), { error: 'not a list of whole digests' })
    .transform((list) => list.filter(isDigest))
    .optional(),
  'dry-run': anyText.optional(),
  'rust-log': anyText.optional(),
});

export type RetentionInputs = z.output<typeof RetentionInputs>;
