import type { Credentials } from '../auth/credentials.ts';
import type { RegistrySettings } from '../config/registry-settings.ts';
import type { ContentCache } from '../distribution/cache.ts';
import type { Send } from '../distribution/client.ts';
import type { Ping } from '../distribution/ping.ts';
import type { ImageName } from '../domain/image-name.ts';
import type { HttpClient, HttpResponse } from '../http/http-client.ts';
import type { Registry } from './registry.ts';

/** What a registry is opened with. */
export interface OpenContext {
  /** Its name in documents and messages. */
  readonly name: string;
  /** Base URL, without credentials or final slash. */
  readonly url: string;
  /** What the config has under the key of its type's settings; undefined where that is not given. The type checks it with its schema. */
  readonly settings: unknown;
  /** Requests at a time. */
  readonly concurrency: number;
  readonly http: HttpClient;
  readonly ping: Ping;
  /** Sends requests to `/v2/` and authenticates as the registry demands it there: by Basic or with tokens. */
  readonly send: Send;
  /** The credentials for a repository, or for the registry itself; the same object each time for the same credentials. */
  readonly credentials: (repository?: string) => Promise<Credentials | undefined>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cache?: ContentCache;
  /** Ends every wait between requests, as for the end of what the registry was told to do; the request or wait then fails. */
  readonly waits?: AbortSignal;
}

/**
 * A type of registry: how one is recognised, what the config may say of it, and how it is opened. Nothing of its adapter is loaded before
 * that.
 */
export interface RegistryType extends RegistrySettings {
  /** Matches its hosts, which are in lower case and without a port. A type without hosts of its own runs anywhere. */
  readonly hosts?: RegExp;
  /**
   * What else an image is called that a runtime pulls by this name; nothing for a name at a host that is not of this type. The path may be
   * the beginning of a name, or a glob.
   */
  readonly aliases?: (name: ImageName) => readonly ImageName[];
  /**
   * Tells from the answer to `GET /v2/` without credentials whether a registry is of this type. Asked where neither config nor host tells.
   */
  readonly recognises?: (ping: HttpResponse) => boolean;
  /**
   * Why a registry that is recognised as one of this type is not spoken to as a plain one, even if the config says so: the end of a
   * sentence. Absent where that may be.
   */
  readonly notPlain?: string;
  /** Settings that other types use and this one does not, as paths below the registry in the config, and what to do instead. */
  readonly unused?: { readonly paths: readonly string[]; readonly hint: string };
  /** Makes the adapter; nothing is sent yet. Throws `CONFIG_INVALID` for settings that contradict each other or the URL. */
  open(context: OpenContext): Promise<Registry>;
}
