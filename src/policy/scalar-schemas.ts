import * as z from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { parseSize } from './size.ts';

// Texts in describe() and meta() go into policies/policy.schema.json, where editors show them, and so do patterns that say what a
// refinement checks.

/** How many. */
export const count = z.int().min(0);

/** A hundred years: nothing in a registry is as old, and a time before 2000 is not taken for one. */
const MOST_DAYS = 36_500;
const TOO_FAR = `reaches back more than ${MOST_DAYS} days, and no registry does: write keep: all for what is to stay for good`;

/** Days of 24 hours, which may be a fraction. */
export const days = z.number().min(0).max(MOST_DAYS, { error: TOO_FAR });

/** Something that is said or left out. */
export const isTrue = z.literal(true, { error: 'can only be true: leave it out otherwise' });

const NOT_A_DURATION = 'not a duration: write a whole number and s, m, h, d or w, such as 12h or 30d, or 0s for none';

/** A duration, such as 12h or 30d. */
export const duration = z
  .string({ error: NOT_A_DURATION })
  .refine((text) => parseDuration(text) !== undefined, { error: NOT_A_DURATION })
  .meta({ pattern: '^[0-9]+[smhdw]$', examples: ['1h', '2d'] });

/** Bytes, as a number or with a unit. */
export const size = z
  .union([z.int().min(0), z.string().meta({ pattern: '^[0-9]+(\\.[0-9]+)?\\s*([KMGT]i?B|B)$' })])
  .refine((value) => typeof value === 'number' || parseSize(value) !== undefined, {
    error: 'not a size: write bytes, or a number and KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 500MB',
  })
  .meta({ examples: ['500MB', '2TiB'] });
