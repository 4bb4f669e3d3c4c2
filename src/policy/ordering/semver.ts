import semver, { type SemVer } from 'semver';

/** A parsed version. */
export type Version = SemVer;

/**
 * A whole version with an optional leading `v`; undefined for anything else, such as the partial versions `v1` and `1.2`. A tag has no
 * `+`, so Helm writes `1.2.3_build` for the version `1.2.3+build`.
 */
export function parseVersion(tag: string): Version | undefined {
  return semver.parse(tag.replaceAll('_', '+')) ?? undefined;
}

/** By precedence (semver.org, section 11). */
export function compareVersions(a: Version, b: Version): number {
  return a.compare(b);
}
