import { type Digest, isDigest } from '../domain/digest.ts';
import { isRepositoryName } from '../domain/reference.ts';
import { isTag } from '../domain/tag.ts';

/** Something in a document is not as it must be. The message names the place, and is fit to stand in an error. */
export class DocumentProblem extends Error {}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Throws {@link DocumentProblem}, as all of these do. `where` names the place: `repositories[0].steps[3]`. */
export function must(holds: boolean, where: string, problem: string): asserts holds {
  if (!holds) throw new DocumentProblem(`${where} ${problem}`);
}

export function objectAt(value: unknown, where: string): JsonObject {
  must(typeof value === 'object' && value !== null && !Array.isArray(value), where, 'is no object');
  return value as JsonObject;
}

export function listAt(value: unknown, where: string): readonly unknown[] {
  must(Array.isArray(value), where, 'is no list');
  return value;
}

export function textAt(value: unknown, where: string): string {
  must(typeof value === 'string' && value !== '', where, 'is no text');
  return value;
}

export function digestAt(value: unknown, where: string): Digest {
  must(typeof value === 'string' && isDigest(value), where, 'is no digest');
  return value;
}

export function tagAt(value: unknown, where: string): string {
  must(typeof value === 'string' && isTag(value), where, 'is no tag');
  return value;
}

export function repositoryAt(value: unknown, where: string): string {
  must(typeof value === 'string' && isRepositoryName(value), where, 'is no repository name');
  return value;
}

/** Milliseconds since the epoch. */
export function timeAt(value: unknown, where: string): number {
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? Date.parse(value) : Number.NaN;
  must(!Number.isNaN(time), where, 'is no time in UTC');
  return time;
}

/** A document of this program, of a version that it knows: 1.x, since documents grow only by addition. */
export function headerAt(value: unknown, kind: string): JsonObject {
  const header = objectAt(value, 'it');
  must(header['kind'] === kind, 'kind', `is not ${kind}`);
  const version = header['formatVersion'];
  must(
    typeof version === 'string' && /^1\.\d+$/.test(version),
    'formatVersion',
    `is not 1.x${typeof version === 'string' ? `: ${JSON.stringify(version)}` : ''}`,
  );
  return header;
}
