import { quoted } from '../diagnostics/redact.ts';
import type { JsonObject } from '../domain/json.ts';
import { type Kind, LIST, OBJECT, TEXT } from './kinds.ts';

/**
 * Told of each problem: where it is, such as `repositories[3].manifests[17].digest`, and what it is. A reporter that collects
 * problems answers undefined, and reading goes on; one that throws (`Report<never>`) ends the reading at the first problem.
 */
export type Report<Failed extends undefined = undefined> = (where: string, what: string) => Failed;

/**
 * One object of a document, and where it stands. Null counts as missing. A value that is not of its kind is reported; what is
 * answered in its place is what the reporter answers, so with a reporter that throws every required field is there.
 */
export class Fields<Failed extends undefined = undefined> {
  readonly object: JsonObject;
  /** Empty at the root of the document. */
  readonly at: string;
  readonly report: Report<Failed>;

  constructor(object: JsonObject, at: string, report: Report<Failed>) {
    this.object = object;
    this.at = at;
    this.report = report;
  }

  /** Where a field stands. */
  path(key: string): string {
    return this.at === '' ? key : `${this.at}.${key}`;
  }

  /** Reports something about a field. */
  wrong(key: string, what: string): Failed {
    return this.report(this.path(key), what);
  }

  /** The value of a field; undefined where it is missing. */
  optional<T>(key: string, kind: Kind<T>): T | undefined {
    const value = this.object[key];
    if (value === undefined || value === null) return undefined;
    return kind.is(value) ? value : this.wrong(key, `expected ${kind.name}`);
  }

  /** The value of a field that must be there. */
  required<T>(key: string, kind: Kind<T>): T | Failed {
    const value = this.object[key];
    if (value === undefined || value === null) return this.wrong(key, 'missing');
    return kind.is(value) ? value : this.wrong(key, `expected ${kind.name}`);
  }

  /** A list whose elements are all of a kind; undefined where it is missing. */
  optionalList<T>(key: string, kind: Kind<T>): readonly T[] | undefined {
    const list = this.optional(key, LIST);
    return list && this.#allOf(key, list, kind);
  }

  /** A list that must be there, whose elements are all of a kind. */
  requiredList<T>(key: string, kind: Kind<T>): readonly T[] | Failed {
    const list = this.required(key, LIST);
    return list === undefined ? list : this.#allOf(key, list as readonly unknown[], kind);
  }

  /** A map whose values are all of a kind; undefined where it is missing. */
  optionalMap<T>(key: string, kind: Kind<T>): Readonly<Record<string, T>> | undefined {
    const map = this.optional(key, OBJECT);
    return map && this.#allIn(key, map, kind);
  }

  /** A map that must be there, whose values are all of a kind. */
  requiredMap<T>(key: string, kind: Kind<T>): Readonly<Record<string, T>> | Failed {
    const map = this.required(key, OBJECT);
    return map === undefined ? map : this.#allIn(key, map as JsonObject, kind);
  }

  /** The object in a field that must be there. */
  child(key: string): Fields<Failed> | Failed {
    const value = this.required(key, OBJECT);
    return value === undefined ? value : new Fields(value as JsonObject, this.path(key), this.report);
  }

  /** The objects in a list that must be there; what is not an object is reported and passed over. */
  *children(key: string): Generator<Fields<Failed>, void, undefined> {
    const list = (this.required(key, LIST) as readonly unknown[] | undefined) ?? [];
    for (let index = 0; index < list.length; index++) {
      const fields = fieldsOf(list[index], `${this.path(key)}[${index}]`, this.report);
      if (fields) yield fields;
    }
  }

  #allOf<T>(key: string, list: readonly unknown[], kind: Kind<T>): readonly T[] | Failed {
    let failed: { readonly answer: Failed } | undefined;
    for (let index = 0; index < list.length; index++)
      if (!kind.is(list[index])) failed = { answer: this.wrong(`${key}[${index}]`, `expected ${kind.name}`) };
    return failed ? failed.answer : (list as readonly T[]);
  }

  #allIn<T>(key: string, map: JsonObject, kind: Kind<T>): Readonly<Record<string, T>> | Failed {
    let failed: { readonly answer: Failed } | undefined;
    for (const [name, value] of Object.entries(map))
      if (!kind.is(value)) failed = { answer: this.wrong(`${key}[${quoted(name)}]`, `expected ${kind.name}`) };
    return failed ? failed.answer : (map as Readonly<Record<string, T>>);
  }
}

/** The fields of a value that must be an object. */
export function fieldsOf<Failed extends undefined>(value: unknown, at: string, report: Report<Failed>): Fields<Failed> | Failed {
  return OBJECT.is(value) ? new Fields(value, at, report) : report(at, `expected ${OBJECT.name}`);
}

/** Checks that a document is of this kind, and of a version that this program knows: 1.x, since documents grow only by addition. */
export function checkHeader<Failed extends undefined>(document: Fields<Failed>, kind: string): void {
  const said = document.required('kind', TEXT);
  if (said !== undefined && said !== kind) document.wrong('kind', `expected "${kind}", got ${quoted(said)}`);
  const version = document.required('formatVersion', TEXT);
  if (version !== undefined && !/^1(?:\.\d+)?$/.test(version))
    document.wrong('formatVersion', `this program reads version 1, and this is ${quoted(version)}`);
}
