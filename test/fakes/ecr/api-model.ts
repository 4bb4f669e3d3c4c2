import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of a service's API description, as botocore has it. */
interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

interface Description {
  readonly operations: Readonly<
    Record<string, { readonly input?: { readonly shape: string }; readonly output?: { readonly shape: string } }>
  >;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Says what in a request or answer does not agree with the API's description; nothing where it does. */
export interface ApiModel {
  problemsOf(operation: string, direction: 'input' | 'output', value: unknown): string[];
}

/** The descriptions lie beside the repository where this project is worked on, and nowhere else. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'specs');

/** The description in a file of that folder; undefined where it is not there. */
export function loadApiModel(file: string): ApiModel | undefined {
  const path = join(FOLDER, file);
  if (!existsSync(path)) return undefined;
  const description = JSON.parse(readFileSync(path, 'utf8')) as Description;
  return {
    problemsOf(operation, direction, value) {
      const root = description.operations[operation]?.[direction];
      return root ? [...check(description, root.shape, value, `${direction} of ${operation}`)] : [`there is no operation ${operation}`];
    },
  };
}

function* check(description: Description, name: string, value: unknown, at: string): Generator<string> {
  const shape = description.shapes[name];
  if (!shape) return;
  const { type, required = [], members = {}, member, value: mapped, enum: words, min = 0, max = Number.POSITIVE_INFINITY, pattern } = shape;
  if (type === 'structure') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return yield `${at} is no structure`;
    for (const field of required) if (!(field in value)) yield `${at} lacks ${field}`;
    for (const [field, inner] of Object.entries(value)) {
      if (!members[field]) yield `${at}.${field} is not known`;
      else if (inner !== undefined) yield* check(description, members[field].shape, inner, `${at}.${field}`);
    }
  } else if (type === 'list') {
    if (!Array.isArray(value)) return yield `${at} is no list`;
    // The limits are those of requests: answers have empty lists.
    if (at.startsWith('input') && (value.length < min || value.length > max)) yield `${at} has ${value.length} entries`;
    for (const one of value) yield* check(description, member!.shape, one, `${at}[]`);
  } else if (type === 'map') {
    if (typeof value !== 'object' || value === null) return yield `${at} is no map`;
    for (const one of Object.values(value)) yield* check(description, mapped!.shape, one, `${at}{}`);
  } else if (type === 'string') {
    if (typeof value !== 'string') return yield `${at} is no text`;
    if (value.length < min || value.length > max) yield `${at} has ${value.length} characters`;
    if (words && !words.includes(value)) yield `${at} is ${value}`;
    if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, 's').test(value))
      yield `${at} is ${value}, which does not match ${pattern}`;
  } else if (['integer', 'long', 'timestamp', 'double', 'float'].includes(type)) {
    if (typeof value !== 'number') return yield `${at} is no number`;
    if (type !== 'timestamp' && (value < min || value > max)) yield `${at} is ${value}`;
  } else if (type === 'boolean' && typeof value !== 'boolean') yield `${at} is neither true nor false`;
}
