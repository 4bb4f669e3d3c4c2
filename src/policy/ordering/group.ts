import { parseVersion, type Version } from './semver.ts';

/** True of a `per` that names a capture of the rule's expression: it is neither `repository`, `major` nor `minor`. */
export function isCapture(per: string): boolean {
  return per !== 'repository' && per !== 'major' && per !== 'minor';
}

/**
 * The group of a tag under `per`; undefined for a tag that is not a whole version under `major` or `minor`. The repository as one
 * group is ''. `versionOf` is asked where the version of the tag is needed.
 */
export function groupOf(
  per: string,
  tag: string,
  captures: Readonly<Record<string, string>>,
  versionOf: (tag: string) => Version | undefined = parseVersion,
): string | undefined {
  if (per === 'repository') return '';
  if (isCapture(per)) return captures[per] ?? '';
  const version = versionOf(tag);
  if (!version) return undefined;
  return per === 'major' ? `${version.major}` : `${version.major}.${version.minor}`;
}
