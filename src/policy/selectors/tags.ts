import semver from 'semver';
import { compileGlobs } from '../glob.ts';
import { compileRegex } from '../regex.ts';
import type { RuleSpec } from '../schema.ts';
import { parseVersion } from '../ordering/semver.ts';

/** What is captured of a tag that is selected, by name; undefined for a tag that is not. */
export type TagSelector = (tag: string) => Readonly<Record<string, string>> | undefined;

const NO_CAPTURES = Object.freeze({});

/**
 * Compiles a rule's `tags`: globs with `!`, or `{include, exclude, regex, semver}`, all of which must hold. Of the captures those with
 * these names are told.
 */
export function compileTags(spec: NonNullable<RuleSpec['tags']>, captures: readonly string[] = []): TagSelector {
  if (Array.isArray(spec)) {
    const matches = compileGlobs(spec);
    return (tag) => (matches(tag) ? NO_CAPTURES : undefined);
  }
  const matches = compileGlobs([...(spec.include ?? ['**']), ...(spec.exclude ?? []).map((glob) => `!${glob}`)]);
  const capture = spec.regex === undefined ? () => NO_CAPTURES : compileRegex(spec.regex, captures);
  // Prereleases are in a range by their order, as the policy language says; node-semver leaves them out unless told.
  const range = spec.semver === undefined ? undefined : new semver.Range(spec.semver, { includePrerelease: true });
  return (tag) => {
    if (!matches(tag)) return undefined;
    if (range) {
      const version = parseVersion(tag);
      if (!version || !range.test(version)) return undefined;
    }
    return capture(tag);
  };
}
