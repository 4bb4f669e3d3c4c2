import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { parseSize } from './size.ts';

// Texts in describe() and meta() go into policies/policy.schema.json, where editors show them, and so do patterns that say what a
// refinement checks.

/** How many. */
export const count = z.int().min(0);

/** Days of 24 hours, which may be a fraction. */
export const days = z.number().min(0);

/** Something that is said or left out. */
export const isTrue = z.literal(true, { error: 'can only be true: leave it out otherwise' });

/** A duration, such as 12h or 30d. */
export const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, {
    error: 'not a duration: write a whole number and s, m, h, d or w, such as 12h or 30d',
  })
  .meta({ pattern: '^[0-9]+[smhdw]$', examples: ['1h', '2d'] });

/** Bytes, as a number or with a unit. */
export const size = z
  .union([z.int().min(0), z.string().meta({ pattern: '^[0-9]+(\\.[0-9]+)?\\s*([KMGT]i?B|B)$' })])
  .refine((value) => typeof value === 'number' || parseSize(value) !== undefined, {
    error: 'not a size: write bytes, or a number and KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 500MB',
  })
  .meta({ examples: ['500MB', '2TiB'] });
