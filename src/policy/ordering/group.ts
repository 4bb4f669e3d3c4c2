import { parseVersion } from './semver.ts';

/** True of a `per` that names a capture of the rule's expression: it is neither `repository`, `major` nor `minor`. */
export function isCapture(per: string): boolean {
  return per !== 'repository' && per !== 'major' && per !== 'minor';
}

/**
 * The group of a tag under `per`; undefined for a tag that is not a whole version under `major` or `minor`. The repository as one
 * group is ''.
 */
export function groupOf(per: string, tag: string, captures: Readonly<Record<string, string>>): string | undefined {
  if (per === 'repository') return '';
  if (isCapture(per)) return captures[per] ?? '';
  const version = parseVersion(tag);
  if (!version) return undefined;
  return per === 'major' ? `${version.major}` : `${version.major}.${version.minor}`;
}
