import { onTestFinished } from 'vitest';
import { type EmbeddedRegistry, startEmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import type { EmbeddedRegistryOptions } from '../../../src/demo/registry-options.ts';
import { MANIFEST_TYPES } from '../../../src/domain/media-types.ts';

/** A registry that is closed when the test ends. */
export async function withRegistry(options: EmbeddedRegistryOptions = {}): Promise<EmbeddedRegistry> {
  const registry = await startEmbeddedRegistry(options);
  onTestFinished(() => registry.close());
  return registry;
}

/** The fields of the answers there are; each answer has some of them. */
export interface JsonAnswer {
  readonly errors: readonly { readonly code: string; readonly detail: { readonly digest: string } }[];
  readonly name: string;
  readonly tags: readonly string[] | null;
  readonly repositories: readonly string[];
  readonly mediaType: string;
  readonly manifests: readonly { readonly digest: string; readonly artifactType: string }[];
  readonly token: string;
  readonly access_token: string;
}

export interface Seen {
  readonly status: number;
  /** Code of the first error, where there is one. */
  readonly code: string | undefined;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the body is no JSON. */
  readonly json: JsonAnswer;
}

/** One request to a path of the registry, accepting every manifest type unless `init` says otherwise. */
export async function ask(registry: { readonly url: string }, method: string, path: string, init: RequestInit = {}): Promise<Seen> {
  const headers = { accept: MANIFEST_TYPES.join(', '), ...(init.headers as Record<string, string>) };
  const response = await fetch(new URL(path, registry.url), { method, ...init, headers });
  const text = await response.text();
  const json = parse(text);
  return { status: response.status, code: json?.errors?.[0]?.code, headers: response.headers, text, json: json as JsonAnswer };
}

function parse(text: string): Partial<JsonAnswer> | undefined {
  try {
    return JSON.parse(text) as Partial<JsonAnswer>;
  } catch {
    return undefined;
  }
}

/** Status and error code of a request, `202` or `404 MANIFEST_UNKNOWN`. */
export async function outcome(registry: { readonly url: string }, method: string, path: string, init?: RequestInit): Promise<string> {
  const { status, code } = await ask(registry, method, path, init);
  return code === undefined ? String(status) : `${status} ${code}`;
}
