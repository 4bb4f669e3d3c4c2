import * as z from 'zod';
import { isObject } from '../../domain/json.ts';
import { anyCase } from '../any-case.ts';
import { daysIn } from '../days-in.ts';
import { RepositoryPattern } from '../doublestar.ts';

// project-zot/zot: pkg/api/config/config.go (the keys), pkg/retention (what they mean: the first policy for a repository, in it the first
// entry of keepTags one of whose expressions is found in a tag), pkg/storage/gc/gc.go (untagged manifests and referrers),
// pkg/cli/server/root.go (defaults).
const duration = z.string().refine((text) => daysIn(text) !== undefined, { error: 'not a duration of Go, such as 24h' });
const bounds = {
  pulledWithin: duration.optional(),
  pushedWithin: duration.optional(),
  mostRecentlyPushedCount: z.int().min(0).default(0),
  mostRecentlyPulledCount: z.int().min(0).default(0),
};
const KeepTags = anyCase({ patterns: z.array(z.string().min(1)).default([]), ...bounds });
const KeepUntagged = anyCase(bounds);
export const ZotPolicy = anyCase({
  repositories: z.array(RepositoryPattern.min(1)).default([]),
  deleteReferrers: z.boolean().default(false),
  deleteUntagged: z.boolean().default(true),
  // An object in the place of a list is taken as its only entry.
  keepTags: z.preprocess((value) => (isObject(value) ? [value] : value), z.array(KeepTags)).default([]),
  keepUntagged: KeepUntagged.optional(),
});
export type ZotPolicy = z.infer<typeof ZotPolicy>;
export type ZotBounds = z.infer<typeof KeepUntagged>;
const storage = {
  gc: z.boolean().default(true),
  gcDelay: duration.default('1h'),
  retention: anyCase({
    dryRun: z.boolean().default(false),
    delay: duration.optional(),
    policies: z.array(ZotPolicy).default([]),
  }).optional(),
};
export const ZotStorage = z.looseObject(storage);
export type ZotStorage = z.infer<typeof ZotStorage>;
export const ZotConfig = z.looseObject({ storage: z.looseObject({ ...storage, subPaths: z.record(z.string(), ZotStorage).default({}) }) });
