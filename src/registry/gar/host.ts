/** What the host of an Artifact Registry says of it. */
export interface GarPlace {
  /** `europe-west1`, or a multi-region: `us`. */
  readonly location: string;
  /** The one repository behind a host of Container Registry's names; there, images are named without it. */
  readonly repository?: string;
}

/** `LOCATION-docker.pkg.dev`, and the names of Container Registry, which Artifact Registry has taken over. */
export const GAR_HOST = /^(?:([a-z][a-z0-9-]*)-docker\.pkg\.dev|((?:(us|eu|asia)\.)?gcr\.io))$/;

/** Where the repositories are that serve Container Registry's names ("Transition from Container Registry", gcr.io repositories). */
const GCR_LOCATIONS: Readonly<Record<string, string>> = { us: 'us', eu: 'europe', asia: 'asia' };

/** Reads a host, lower case and without a port; undefined for the host of anything else. */
export function parseGarHost(host: string): GarPlace | undefined {
  const [, location, repository, region = 'us'] = GAR_HOST.exec(host) ?? [];
  if (location !== undefined) return { location };
  return repository === undefined ? undefined : { location: GCR_LOCATIONS[region] as string, repository };
}

/** True of the ids of repositories that serve Container Registry's names. */
export function isGcrRepository(id: string): boolean {
  return /^(?:(?:us|eu|asia)\.)?gcr\.io$/.test(id);
}
