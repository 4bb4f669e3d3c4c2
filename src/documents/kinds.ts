import { type Digest, isDigest } from '../domain/digest.ts';
import { isObject, isText, type JsonObject } from '../domain/json.ts';
import { isRepositoryName, parseReference } from '../domain/reference.ts';
import { type StepOutcome, STEP_OUTCOMES } from '../domain/step-outcome.ts';
import { isTag } from '../domain/tag.ts';
import { parseTime } from '../domain/time.ts';
import type { ChangeStep, Step } from '../plan/plan.ts';

/** What the value of a field must be. */
export interface Kind<T> {
  /** How a message calls it, behind "expected": `a number of bytes`. */
  readonly name: string;
  readonly is: (value: unknown) => value is T;
}

/** Text that is not empty. */
export const TEXT: Kind<string> = { name: 'text', is: isText };
/** Text that may be empty, such as the value of a label. */
export const ANY_TEXT: Kind<string> = { name: 'text', is: (value) => typeof value === 'string' };
export const FLAG: Kind<boolean> = { name: 'true or false', is: (value) => typeof value === 'boolean' };
/** A whole number from 0 on. */
export const BYTES: Kind<number> = { name: 'a number of bytes', is: (value): value is number => isWhole(value) && value >= 0 };
export const NUMBER: Kind<number> = {
  name: 'a number',
  is: (value): value is number => typeof value === 'number' && Number.isFinite(value),
};
/** A whole number from 0 on. */
export const COUNT: Kind<number> = { name: 'a whole number', is: BYTES.is };
/** A whole number from 1 on. */
export const DAYS: Kind<number> = { name: 'a number of days', is: (value): value is number => isWhole(value) && value > 0 };
export const DIGEST: Kind<Digest> = { name: 'a whole digest', is: isDigest };
export const TAG: Kind<string> = { name: 'a tag', is: (value): value is string => isText(value) && isTag(value) };
export const REPOSITORY: Kind<string> = {
  name: 'a repository name',
  is: (value): value is string => isText(value) && isRepositoryName(value),
};
/** A host and a path, under which a runtime may pull the images of a repository. */
export const IMAGE_NAME: Kind<string> = {
  name: 'a host and a path, such as "registry.example.com/team/app"',
  is: (value): value is string => isText(value) && isImageName(value),
};
/** The base URL of a registry, without user or password. */
export const REGISTRY_URL: Kind<string> = {
  name: 'the URL of a registry',
  is: (value): value is string => isText(value) && isRegistryUrl(value),
};
/** An RFC 3339 time that is written in UTC. */
export const UTC_TIME: Kind<string> = {
  name: 'a time in UTC',
  is: (value): value is string => isText(value) && value.endsWith('Z') && parseTime(value) !== undefined,
};
export const LIST: Kind<readonly unknown[]> = { name: 'a list', is: (value) => Array.isArray(value) };
export const OBJECT: Kind<JsonObject> = { name: 'an object', is: isObject };

/** A list whose elements are all of a kind. */
export function listOf<T>({ is }: Kind<T>): Kind<readonly T[]> {
  return {
    name: 'a list',
    is: (value): value is readonly T[] => {
      if (!Array.isArray(value)) return false;
      for (let index = 0; index < value.length; index++) if (!is(value[index])) return false;
      return true;
    },
  };
}

/** A map whose values are all of a kind. */
export function mapOf<T>({ is }: Kind<T>): Kind<Readonly<Record<string, T>>> {
  return { name: 'an object', is: (value): value is Readonly<Record<string, T>> => isObject(value) && Object.values(value).every(is) };
}

/** One of these texts. */
export function oneOf<const T extends string>(texts: readonly T[]): Kind<T> {
  return { name: texts.join(', '), is: (value): value is T => texts.some((text) => text === value) };
}

function isImageName(text: string): boolean {
  const reference = parseReference(text);
  return reference?.host !== undefined && reference.tag === undefined && reference.digest === undefined;
}

function isRegistryUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** What a step of a plan does. */
export const OPERATION: Kind<Step['op']> = oneOf(['delete-tag', 'archive-manifest', 'delete-manifest', 'copy-image']);
/** What of that changes the repository itself. */
export const CHANGE: Kind<ChangeStep['op']> = oneOf(['delete-tag', 'archive-manifest', 'delete-manifest']);
/** What became of a step. */
export const STEP_OUTCOME: Kind<StepOutcome> = oneOf(STEP_OUTCOMES);
