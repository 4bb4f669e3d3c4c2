import type { Path } from '../config/yaml-document.ts';
import type { Digest } from '../domain/digest.ts';
import type { InUseImage } from '../domain/in-use.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';

/** A case of `policy test`: what is there, and what is expected to become of it. It stands in a file of cases, or is a folder. */
export interface PolicyCase {
  /** What it is called: its place, and its name in a file of cases. */
  readonly title: string;
  /** The file that holds what is expected. */
  readonly file: string;
  /** The policy file. */
  readonly policy: string;
  readonly given: Given;
  readonly expected: readonly Expectation[];
  /** What an expectation is about: what becomes of that tag, or of the whole image that has it. */
  readonly about: 'tag' | 'image';
  /** Where in the file the expectation of an image stands, or would stand. `isOnly`: there is no other repository. */
  readonly placeOf: (repository: string, name: ImageCalled, isOnly: boolean) => Path;
}

/** An image as a case calls it: by a tag, by the case's own name for it, or by the first digits of its digest. */
interface ImageCalled {
  readonly called: string;
  /** Absent where it has no tag. */
  readonly tag?: string;
}

/** What is there in a case, what is in use and as of when. */
interface Given {
  /** An inventory file, or images that the case itself lists. */
  readonly inventory: string | ((place: WrittenPlace) => RepositoryInventory);
  /** As of when, in milliseconds since the epoch. Absent: when the inventory was taken. */
  readonly now?: number;
  readonly inUse: readonly InUseImage[];
  /** The host names of each registry, for references in use. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** What the lists of the config name. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** What the case calls its images without a tag. */
  readonly names: ReadonlyMap<Digest, string>;
}

/** Where images are that a case lists, unless it says so itself. */
export interface WrittenPlace {
  readonly registry: string;
  readonly repository: string;
}

/** What is expected of an image, or of one tag of it. */
export interface Expectation {
  /** Where it stands in its file. */
  readonly path: Path;
  /** As it is written there. */
  readonly name: string;
  /** `registry/repository`; absent where there is only one. */
  readonly repository?: string;
  /** The tag, or the first digits of the digest, that it is found by. */
  readonly finds: string;
  /** `keep`, `untag`, `archive` or `delete`. */
  readonly action: string;
  /** Codes of reasons that must be among those found. */
  readonly codes: readonly string[];
}
