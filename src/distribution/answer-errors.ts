import { parseRegistryErrors, registryErrorText, saysReadOnly } from '../http/registry-errors.ts';
import { type ErrorCode, ToolError } from '../diagnostics/tool-error.ts';
import type { HttpResponse } from '../http/http-client.ts';
import { asList, type JsonObject, parseJsonObject } from '../domain/json.ts';

/** True of an answer that carries that error code. */
export function hasCode(response: HttpResponse, code: string): boolean {
  return parseRegistryErrors(response.body).some((error) => error.code === code);
}

/**
 * True of a 404 that says that this one manifest is not there; Quay has a code of its own for a tag that was deleted
 * (endpoints/v2/errors.py). A 404 that says that the Accept header hides it (distribution uses the same code), or that the repository or
 * path does not exist, does not count.
 */
export function isManifestUnknown(response: HttpResponse): boolean {
  if (saysOnly(response, 'TAG_EXPIRED')) return true;
  return saysOnly(response, 'MANIFEST_UNKNOWN') && !/accept header/i.test(registryErrorText(response));
}

/** True of a 404 that says that the registry has no repository of this name. */
export function isRepositoryUnknown(response: HttpResponse): boolean {
  return saysOnly(response, 'NAME_UNKNOWN');
}

/**
 * True of an answer that says that what was asked for is done: a status between 200 and 299 that is not contradicted by its body.
 * distribution 3.1.1 reports errors in such a body when a part of a deletion failed, and what answers with a web page is not a
 * registry.
 */
export function isDone(response: HttpResponse): boolean {
  if (response.status < 200 || response.status >= 300) return false;
  if (response.body.length === 0) return true;
  const json = parseJsonObject(response.body);
  return json !== undefined && asList(json['errors'])?.length === 0;
}

/** The error for an answer that is not what was asked for. `doing` says what that was and names it: `read the image prod/app:v1`. */
export function refused(doing: string, response: HttpResponse): ToolError {
  const [code, hint] = verdict(response);
  const { status } = response;
  return new ToolError(code, `Cannot ${doing}: the registry answered ${registryErrorText(response)}.`, {
    hint,
    transient: status === 408 || status === 429 || status >= 500,
  });
}

/** The error for an answer whose content makes no sense. */
export function badAnswer(doing: string, why: string, transient = false): ToolError {
  return new ToolError('BAD_RESPONSE', `Cannot ${doing}: ${why}.`, {
    transient,
    hint: 'Check the registry, and any proxy or mirror before it; nothing is decided by an answer that is not understood.',
  });
}

/** The JSON object that is answered. Throws `BAD_RESPONSE` for anything else. */
export function jsonObjectOf(response: HttpResponse, doing: string): JsonObject {
  const json = parseJsonObject(response.body);
  if (!json) throw badAnswer(doing, 'the answer is not a JSON object');
  return json;
}

function verdict(response: HttpResponse): readonly [ErrorCode, string] {
  const { status } = response;
  if (saysReadOnly(response)) return ['REGISTRY_ERROR', 'The registry takes no changes now: run again when it does.'];
  if (status === 401 || status === 403)
    return ['AUTH', 'Check the credentials for this registry, and their permission for this repository.'];
  if (status === 404 && isRepositoryUnknown(response))
    return ['NOT_FOUND', 'Check the name of the repository, and that the credentials may see it.'];
  if (status === 405) return ['REGISTRY_ERROR', 'The registry does not allow that: it may be read-only, or a cache of another one.'];
  if (status === 429) return ['REGISTRY_ERROR', 'The registry asks for fewer requests: run again later, or with less concurrency.'];
  return ['REGISTRY_ERROR', status >= 500 ? 'Run again later; the log of the registry says more.' : 'The log of the registry says more.'];
}

/** True of a 404 whose body says this error code and no other: not of one that a proxy or a web server answers. */
export function saysOnly(response: HttpResponse, code: string): boolean {
  if (response.status !== 404) return false;
  const errors = parseRegistryErrors(response.body);
  return errors.length > 0 && errors.every((error) => error.code === code);
}
