/** The things that are looked at in the content of a registry, in the order in which they are told: what should be, as a clause. */
export const CHECKS = {
  'repository-names': 'names of repositories are lower case, with hyphens between words',
  'tag-names': 'tags are lower case, with hyphens and dots between words',
  'latest-in-production': 'repositories of production have no tag "latest"',
  'production-versions': 'images of production have a semantic version',
  'release-versions': 'tags that look like a version are a semantic version, or move with one',
  'release-tags': 'a release has several tags, such as 1.4 and 1.4.2, or its commit',
  'fixed-tags': 'tagged images have a tag that does not move',
  signatures: 'images are signed',
  sboms: 'images have an SBOM attached',
  times: 'images have a time that is known',
  platforms: 'images say for which platform they are',
  'dangling-tags': 'tags lead to a manifest',
  orphaned: 'signatures and other attachments belong to an image that is there',
  untagged: 'no more than a tenth of the images has no tag',
  governed: 'a policy says what is kept in each repository',
} as const;

export type Check = keyof typeof CHECKS;

/** What was found by one check. */
export interface Tally {
  of: number;
  count: number;
  unknown: number;
  why: string | undefined;
  /** In the order in which they were found. */
  readonly examples: string[];
}
