import { parseVersion } from './semver.ts';

/**
 * The group of a tag under `per`; undefined for a tag that is no whole version under `major` or `minor`.
 * The repository as one group is ''.
 */
export function groupOf(per: string, tag: string, captures: Readonly<Record<string, string>>): string | undefined {
  if (per === 'repository') return '';
  if (per !== 'major' && per !== 'minor') return captures[per] ?? '';
  const version = parseVersion(tag);
  if (!version) return undefined;
  return per === 'major' ? `${version.major}` : `${version.major}.${version.minor}`;
}
