import * as z from 'zod';
import { packagesFor } from '../ghcr-packages.ts';
import { anyText, duration, flag, number, text } from '../action-inputs.ts';

const absent = <Schema extends z.ZodType>(schema: Schema): z.ZodOptional<z.ZodPreprocess<z.ZodOptional<Schema>>> =>
  z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional()).optional();

/** The inputs of dataaxiom/ghcr-cleanup-action. One that is empty is not given. */
export const CleanupInputs = z
  .strictObject({
    token: anyText.nullish(),
    owner: absent(anyText),
    repository: absent(anyText),
    package: absent(anyText),
    packages: absent(anyText),
    'expand-packages': absent(flag),
    'delete-tags': absent(text),
    tags: absent(text),
    'exclude-tags': absent(text),
    'keep-n-untagged': absent(number),
    'keep-n-tagged': absent(number),
    'delete-untagged': absent(flag),
    'delete-ghost-images': absent(flag),
    'delete-partial-images': absent(flag),
    'delete-orphaned-images': absent(flag),
    'older-than': absent(duration),
    'use-regex': absent(flag),
    validate: anyText.nullish(),
    'dry-run': absent(anyText),
    'log-level': anyText.nullish(),
    'registry-url': anyText.nullish(),
    'github-api-url': anyText.nullish(),
  })
  .refine((inputs) => inputs['use-regex'] !== true || packagesFor(inputs) !== undefined, {
    path: ['package'],
    error: 'is an expression that globs cannot say: write the names of the packages',
  });
export type CleanupInputs = z.output<typeof CleanupInputs>;
