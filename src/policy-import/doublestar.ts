import * as z from 'zod';
import { globProblem } from '../policy/glob.ts';

/** A pattern of the Go package doublestar, which is a glob here too. */
export const DoublestarPattern = z.string().superRefine((pattern, context) => {
  const problem = pattern === '' ? undefined : globProblem(pattern);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `this pattern ${problem}` });
});

/** One for repositories. Beside other characters, `**` crosses a "/" here and not there. */
export const RepositoryPattern = DoublestarPattern.refine((pattern) => !/[^/]\*\*|\*\*[^/]/.test(pattern), {
  error: 'has "**" beside other characters, where it means what "*" does: write that',
});
