import type { EmbeddedRegistryOptions, SeenRequest } from '../registry-options.ts';
import type { RegistryStorage } from '../registry-storage.ts';

/** One request, routed and allowed. */
export interface Call {
  readonly request: SeenRequest;
  /** Path without query, as sent. */
  readonly pathname: string;
  readonly query: URLSearchParams;
  /** Checked name; empty where the route has none. */
  readonly repository: string;
  /** Tag, digest or upload id, not checked; empty where the route has none. */
  readonly reference: string;
  readonly storage: RegistryStorage;
  readonly options: EmbeddedRegistryOptions;
}
