import type { Digest } from '../domain/digest.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { ChangeStep, CopyImageStep, PlannedImage } from '../plan/plan.ts';

/** The first line of a journal. */
export interface JournalHeader {
  readonly kind: 'Journal';
  readonly formatVersion: '1.0';
  readonly tool: { readonly name: string; readonly version: string };
  readonly createdAt: string;
  /** sha256 of the plan's JSON. */
  readonly plan: { readonly digest: Digest };
  /** By name; holds no secret. */
  readonly registries: Readonly<Record<string, { readonly type: string; readonly url: string }>>;
  /** The names of the journals of earlier runs of which this one finishes what they had left. */
  readonly finishes?: readonly string[];
}

/** Where a line belongs. */
export interface Place {
  readonly registry: string;
  readonly repository: string;
}

/**
 * What the registry knew of a manifest besides its content, before something of it went. Times are ISO 8601 UTC, as the registry told them.
 */
export interface KnownFacts extends Pick<PlannedImage, 'pushedAt' | 'createdAt' | 'pulledAt' | 'tagTimes'> {
  /** Those that users of the registry have put on it. */
  readonly labels?: readonly string[];
}

/** What is about to be deleted or archived, with everything that is needed to put it back. */
export interface Intent extends Place {
  readonly op: ChangeStep['op'];
  readonly digest: Digest;
  /** The tags that go: those seen on a manifest, or the one tag. The tags of what is archived stay on it. */
  readonly tags: readonly string[];
  /** Missing for a tag whose manifest stays, where to read the manifest would count as a pull, and for what is `unreadable`. */
  readonly manifest?: RawManifest;
  /** Why the registry gives the bytes of a manifest to nobody, so that it goes without a copy. */
  readonly unreadable?: string;
  /** Missing in the journals of earlier versions. */
  readonly known?: KnownFacts;
}

/** Something that was put back because it has to stay, or could not be put back. */
export interface RepairLine extends Place {
  readonly digest: Digest;
  readonly tag?: string;
  readonly restored: boolean;
  readonly message: string;
}

/** An image that was copied elsewhere with all its parts, and seen there whole, before any of it was deleted. */
export type CopyLine = Place & Pick<CopyImageStep, 'digest' | 'parts'> & { readonly to: Place };

/** An intent as read back. */
export interface JournalIntent extends Omit<Intent, 'manifest'> {
  readonly id: number;
  /** Reads the bytes from the journal and checks them once more. Missing where the journal has none. Throws as {@link JournalDocument}. */
  readonly manifest?: () => RawManifest;
  /** Missing where the run ended before it knew. */
  readonly outcome?: StepOutcome;
}

/**
 * A journal that was read to its end and checked. Only where its lines stand is in memory: what they say is read again where it is asked
 * for. All that reads throws `FILE` and `JOURNAL_INVALID` where the file is not the same any more.
 */
export interface JournalDocument extends JournalContents {
  readonly close: () => Promise<void>;
}

/** What is asked of a journal while it is open. */
export interface JournalContents {
  readonly header: JournalHeader;
  /** Where changes were begun, in the order of the first of each. */
  readonly places: readonly Place[];
  /** Where changes were going to be made, in the order in which that was written. */
  readonly planned: readonly Place[];
  /** What was begun, in the order in which it was written: in one place, or in all. */
  readonly intents: (place?: Place) => Iterable<JournalIntent>;
  /** What was going to be done in one place. */
  readonly steps: (place: Place) => Iterable<PlannedSteps>;
  /** Where what was deleted can be had from: of one place, or of all. */
  readonly copies: (place?: Place) => Iterable<CopyLine>;
}

/** What a run was going to do in a repository. */
export interface PlannedSteps extends Place {
  readonly steps: readonly ChangeStep[];
  /** What the plan said of the images that the steps are for; none in the journal of an earlier version of this program. */
  readonly images: readonly JournalImage[];
}

/** What was known of an image besides its manifest. Times in ISO 8601 UTC. */
export type JournalImage = Pick<PlannedImage, 'digest' | 'tags' | 'size' | 'pushedAt' | 'createdAt' | 'pulledAt'>;
