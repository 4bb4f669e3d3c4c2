import * as z from 'zod';
import type { Path } from '../config/yaml-document.ts';
import { isObject } from '../domain/json.ts';
import { CaseSpec, time } from './case-schema.ts';
import { checkNames } from './check-names.ts';

/** A file of cases, `*.test.yaml`, as written. */
export const TestFile = z
  .strictObject({
    version: z.literal(1).describe('The version of this format.'),
    policy: z
      .string()
      .min(1)
      .optional()
      .describe('The policy file, from this one; default the file beside it without ".test" in its name.'),
    now: time.optional().describe('As of when all cases are decided. Needed where an image has a time in place of an age.'),
    cases: z.array(CaseSpec).min(1).describe('Each is decided by itself.'),
  })
  .superRefine(checkFile, { when: ({ value }) => isObject(value) });

export type TestFile = z.infer<typeof TestFile>;

/** What the JSON Schema of these files, `policies/policy-test.schema.json`, is called. */
export const TEST_SCHEMA = {
  $id: 'urn:regprune:policy-test:1',
  title: 'regctl prune policy test',
  description: 'Cases of a policy: what is there, and what is to become of it. Whatever goes has to be expected.',
};

/** What each case calls its images, and by what names it speaks of them. */
function checkFile(file: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const taken = new Set<string>();
  const cases: unknown[] = Array.isArray(file['cases']) ? file['cases'] : [];
  cases.forEach((given, index) => {
    const add = (path: Path, message: string, atKey = false): void => {
      const at = { path: ['cases', index, ...path], input: given };
      context.addIssue(
        atKey
          ? { ...at, code: 'invalid_key', origin: 'record', issues: [{ ...at, code: 'custom', message }] }
          : { ...at, code: 'custom', message },
      );
    };
    const name = isObject(given) ? given['name'] : undefined;
    if (typeof name === 'string' && taken.has(name)) add(['name'], `the name "${name}" is taken by an earlier case`);
    if (typeof name === 'string') taken.add(name);
    const spec = CaseSpec.safeParse(given).data;
    if (spec) checkNames(spec, file['now'] !== undefined, add);
  });
}
