import { RE2JS } from 're2js';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, type JsonObject } from '../../domain/json.ts';
import type { HubClient } from './client.ts';

/** What Docker Hub says of a repository itself. */
export interface RepositorySettings {
  /** Whether a tag is immutable: it can be neither moved nor deleted. */
  readonly isImmutable: (tag: string) => boolean;
  /** The expressions for immutable tags, where there are any. */
  readonly immutable: readonly string[];
  /** Whether the account may delete in it; undefined where that is not told. */
  readonly mayWrite: boolean | undefined;
}

/** Reads the settings of a repository. Throws `NOT_FOUND` for one that is not there, or that the account may not see. */
export async function readRepositorySettings(client: HubClient, repository: string, signal?: AbortSignal): Promise<RepositorySettings> {
  const doing = `read the repository ${client.label(repository)}`;
  const json = await client.get({ doing, path: client.pathOf(repository), repository, signal });
  // Not told at all, or with a name: this is the repository.
  if (json['name'] !== client.place(repository).name) throw badAnswer(doing, 'the answer is not about this repository');
  const immutable = immutableRules(json, doing);
  const expressions = immutable.map(compiled);
  const { write, admin } = asObject(json['permissions']) ?? {};
  return {
    immutable,
    isImmutable: (tag) => expressions.some((expression) => expression?.matcher(tag).find() ?? true),
    mayWrite: typeof write === 'boolean' ? write || admin === true : undefined,
  };
}

function immutableRules(json: JsonObject, doing: string): string[] {
  const settings = asObject(json['immutable_tags_settings']);
  if (settings?.['enabled'] !== true) return [];
  const rules = asList(settings['rules']);
  if (!rules?.every((rule) => typeof rule === 'string')) throw badAnswer(doing, 'its rules for immutable tags are not understood');
  return [...rules];
}

/** A rule is an expression in the syntax of Go, which is RE2. One that is not understood may mean any tag. */
function compiled(rule: string): RE2JS | undefined {
  try {
    return RE2JS.compile(rule);
  } catch {
    return undefined;
  }
}
