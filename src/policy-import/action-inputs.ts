import * as z from 'zod';
import { daysIn } from './days-in.ts';
import { globOf } from './glob-of.ts';

// What the inputs of actions of GitHub are written as: text, whatever YAML makes of it.

const EXPRESSION = /\$\{\{.*?\}\}/gs;
const IS_EXPRESSION = 'is an expression of the workflow, whose value nobody knows here: write the value';

/** Any text, also an expression of the workflow. */
export const anyText = z.union([z.string(), z.number(), z.boolean()]).transform((value) => String(value).trim());
export const text = anyText.refine((value) => !isExpression(value), { error: IS_EXPRESSION });
export const number = text.refine((value) => /^\d+$/.test(value), { error: 'not a number' }).transform(Number);
export const duration = text.refine((value) => daysIn(value) !== undefined, { error: 'not a duration, such as 4w' });
/** `true` and `false` as YAML has them; false where nothing is written. */
export const flag = text
  .refine((value) => /^(?:true|false|)$/i.test(value), { error: 'is neither true nor false' })
  .transform((value) => value.toLowerCase() === 'true');

export function isExpression(value: string): boolean {
  return value.search(EXPRESSION) >= 0;
}

/** The glob for a name of a package, in which `*` stands for what the workflow fills in. */
export function globOfPackage(name: string): string {
  return name
    .split(EXPRESSION)
    .map((part) => globOf(part))
    .join('*');
}

/** The globs for packages of an owner, or of any where it is not known. A `!` in front takes out. */
export function packagesOf(owner: string | undefined, globs: readonly string[]): string[] {
  const path = owner === undefined ? '**' : globOf(owner.toLowerCase());
  return globs.map((glob) => (glob.startsWith('!') ? `!${path}/${glob.slice(1)}` : `${path}/${glob}`));
}

/** The owner that is known: as `--of` says it, or as an input does. */
export function ownerIn(of: string | undefined, input: string | undefined): string | undefined {
  return of ?? (input === undefined || input === '' || isExpression(input) ? undefined : input);
}

/** What is said of packages whose owner is not known, or whose names the workflow fills in. */
export function packageNotes(owner: string | undefined, names: string): string[] {
  return [
    ...(owner === undefined
      ? [
          'ATTENTION: nothing names the owner, so this is for packages of that name of every owner. ' +
            'Write it in the place of "**", or import with --of OWNER.',
        ]
      : []),
    ...(isExpression(names) ? [`ATTENTION: "*" stands where the workflow fills in a part of the name ${names}. Write the names.`] : []),
  ];
}

export const WHOLE = 'It deletes a version with all its tags by one of them; here an image stays while any of its tags stays.';
export const BY_UPDATED =
  'ATTENTION: it goes by updated_at, which moves with each change of a tag; here, by the time of the tag or the push.';
export const DRY_RUN = 'ATTENTION: there it is a dry run and deletes nothing.';
