import type { Digest } from '../domain/digest.ts';
import type { NamedRepositories } from '../policy/named-repositories.ts';

/**
 * What is known of the other repositories of a registry when one of them is decided: images and their signatures may stand in two
 * repositories (COSIGN_REPOSITORY). Subjects are named by the keys of their digests (`digestKey`).
 */
export interface Surroundings {
  /** Whether one of the repositories that hold its signatures signs a digest; undefined where not all of them were read whole. */
  readonly isSigned: (digest: Digest) => boolean | undefined;
  /** The repositories that hold its signatures, as far as this run reads them; sorted. */
  readonly signedIn: readonly string[];
  /** Whether another repository that this run reads holds a subject. */
  readonly holds: (key: string) => boolean;
  /** Whether all the repositories that are named were read whole, and each glob names one; without an argument, all that this run reads. */
  readonly wereReadWhole: (named?: NamedRepositories) => boolean;
  /** Whether each glob names a repository besides this one. */
  readonly areElsewhere: (named: NamedRepositories) => boolean;
  /** Whether a subject stays in a repository whose policy says that its signatures are here. */
  readonly stays: (key: string) => boolean;
  /** False where {@link stays} answers true of everything, because not all such repositories were read whole. */
  readonly staysAreKnown: boolean;
}

/** Where a repository is all that there is. */
export const NOTHING_AROUND: Surroundings = {
  isSigned: () => false,
  signedIn: [],
  holds: () => false,
  wereReadWhole: (named) => named === undefined,
  areElsewhere: () => false,
  stays: () => false,
  staysAreKnown: true,
};
