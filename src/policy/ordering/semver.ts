import semver, { type SemVer } from 'semver';

/** A whole version with an optional leading `v`; undefined for anything else, partial versions among it. */
export function parseVersion(tag: string): SemVer | undefined {
  return semver.parse(tag) ?? undefined;
}

/** By precedence (semver.org, section 11). */
export function compareVersions(a: SemVer, b: SemVer): number {
  return semver.compare(a, b);
}
