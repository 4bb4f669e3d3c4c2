import type { PlanPolicy, Unread } from '../plan/plan.ts';
import type { ReasonCode } from '../plan/reason.ts';

/**
 * What becomes of repositories in the next days if pushes go on as they have, and a plan is carried out once a day. A document. Images are
 * counted as in a plan; bytes are those of the blobs of a registry, each once.
 */
export interface Forecast {
  readonly kind: 'Forecast';
  readonly formatVersion: '1.0';
  readonly tool: { readonly name: 'regprune'; readonly version: string };
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  /** When the forecast begins, ISO 8601 UTC. */
  readonly now: string;
  /** How far it reaches, and how far back it looks. */
  readonly days: number;
  readonly policies: readonly PlanPolicy[];
  /** What could not be read, so that the forecast cannot hold it. Absent if everything was read. */
  readonly unread?: readonly Unread[];
  /** What is there when it begins. */
  readonly start: Stock;
  readonly daily: readonly ForecastDay[];
  readonly summary: {
    readonly pushed: number;
    readonly deleted: number;
    readonly tagsRemoved: number;
    readonly bytesFreed: number;
    readonly end: Stock;
    /** False where the blobs of some manifest are not known, so that it is counted as if it shared nothing. */
    readonly exact: boolean;
  };
  /** Those that a policy governs, sorted by registry, then repository. */
  readonly repositories: readonly RepositoryForecast[];
  readonly growth: Growth;
  /** What is taken for granted, and what is not known, a sentence each. */
  readonly assumptions: readonly string[];
  readonly notes: readonly string[];
}

/** What is there at some time. */
export interface Stock {
  readonly images: number;
  readonly bytes: number;
}

/** One day, and the run at its end. */
export interface ForecastDay extends Stock {
  /** When the run is, ISO 8601 UTC. */
  readonly at: string;
  /** Images that come. */
  readonly pushed: number;
  /** Images that the run deletes. */
  readonly deleted: number;
  /** Images that `perRun` or `--at-most` leaves for the next run. Absent where there are none. */
  readonly leftForNextRun?: number;
  /** Tags that the run takes off images that stay. */
  readonly tagsRemoved: number;
  readonly bytesFreed: number;
  /** Why the run does nothing, a sentence each. Absent where it does. */
  readonly blockedBy?: readonly string[];
}

export interface RepositoryForecast {
  readonly registry: string;
  readonly repository: string;
  readonly policy: string;
  /** False: it could not be read whole, so that nothing in it is deleted. */
  readonly complete: boolean;
  readonly pushed: number;
  readonly deleted: number;
  readonly images: { readonly start: number; readonly end: number };
}

/** What increases for good, however long one waits: what no rule ever takes. */
export interface Growth {
  /** Images a day; 0 where what comes for good is too little to tell. */
  readonly imagesPerDay: number;
  /** Why these stay, most of them first. */
  readonly causes: readonly GrowthCause[];
}

export interface GrowthCause {
  readonly registry: string;
  readonly repository: string;
  readonly policy: string;
  readonly code: ReasonCode;
  /** The rule that keeps them, where one does. */
  readonly rule?: string;
  readonly imagesPerDay: number;
}
