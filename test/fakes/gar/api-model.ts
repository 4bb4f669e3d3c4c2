import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of the API's description (Google's discovery format). */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
}

interface Method {
  readonly id: string;
  readonly httpMethod: string;
  readonly path: string;
  readonly flatPath?: string;
  readonly parameters?: Readonly<Record<string, Schema & { readonly location: string; readonly pattern?: string }>>;
  readonly request?: Schema;
  readonly response?: Schema;
}

interface Resource {
  readonly methods?: Readonly<Record<string, Method>>;
  readonly resources?: Readonly<Record<string, Resource>>;
}

interface Description extends Resource {
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly parameters: Readonly<Record<string, Schema>>;
}

interface Exchange {
  readonly method: string;
  /** Below the host, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Of an answer that is no error. */
  readonly answer: unknown;
}

/** Says what in a request and its answer does not agree with the API's description; nothing where it does. */
export interface ApiModel {
  problemsOf(exchange: Exchange): string[];
}

/** The description lies beside the repository where this project is worked on, and nowhere else. */
const FILE = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'specs', 'artifactregistry.v1.json');

/** The description; undefined where it is not there. */
export function loadApiModel(): ApiModel | undefined {
  if (!existsSync(FILE)) return undefined;
  const description = JSON.parse(readFileSync(FILE, 'utf8')) as Description;
  const methods = [...methodsOf(description)];
  return {
    problemsOf({ method, path, query, body, answer }) {
      const found = methods.find((one) => one.httpMethod === method && pathOf(one).test(path));
      if (!found) return [`there is no method ${method} ${path}`];
      const problems: string[] = [];
      for (const [name, value] of query) {
        // `$alt`, and with it enums by number: how Google's own clients want their answer written.
        if (name.startsWith('$')) continue;
        const parameter = found.parameters?.[name] ?? description.parameters[name];
        if (!parameter || (found.parameters?.[name] && found.parameters[name].location !== 'query'))
          problems.push(`${found.id}: the parameter ${name} is not known`);
        else if (parameter.enum && !parameter.enum.includes(value) && !query.has('$alt')) problems.push(`${found.id}: ${name} is ${value}`);
      }
      if (found.request) problems.push(...check(description, found.request, body, `${found.id} request`));
      else if (body !== undefined) problems.push(`${found.id} takes no body`);
      if (answer !== undefined && found.response) problems.push(...check(description, found.response, answer, `${found.id} response`));
      return problems;
    },
  };
}

function* methodsOf({ methods = {}, resources = {} }: Resource): Generator<Method> {
  yield* Object.values(methods);
  for (const resource of Object.values(resources)) yield* methodsOf(resource);
}

/** `v1/{+name}:verb`, each parameter by its own pattern. */
function pathOf({ path, parameters = {} }: Method): RegExp {
  const text = path.replaceAll(/\{\+?(\w+)\}/g, (_, name: string) => (parameters[name]?.pattern ?? '[^/]+').replace(/^\^|\$$/g, ''));
  return new RegExp(`^/${text}$`);
}

function* check(description: Description, schema: Schema, value: unknown, at: string): Generator<string> {
  if (schema.$ref !== undefined) return yield* check(description, description.schemas[schema.$ref] as Schema, value, at);
  const { type, format, enum: words, items, properties, additionalProperties } = schema;
  if (type === 'object') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return yield `${at} is no object`;
    for (const [field, inner] of Object.entries(value)) {
      const known = properties?.[field] ?? additionalProperties;
      if (known) yield* check(description, known, inner, `${at}.${field}`);
      else yield `${at}.${field} is not known`;
    }
  } else if (type === 'array') {
    if (!Array.isArray(value)) return yield `${at} is no list`;
    // Of a long list, enough to know how its entries are made.
    for (const one of value.slice(0, 50)) yield* check(description, items as Schema, one, `${at}[]`);
  } else if (type === 'string') {
    if (typeof value !== 'string') return yield `${at} is no text`;
    if (words && !words.includes(value)) yield `${at} is ${value}`;
    if (format === 'int64' && !/^-?\d+$/.test(value)) yield `${at} is no number`;
    if (format === 'google-datetime' && Number.isNaN(Date.parse(value))) yield `${at} is no time`;
  } else if (type === 'integer' && !Number.isInteger(value)) yield `${at} is no number`;
  else if (type === 'boolean' && typeof value !== 'boolean') yield `${at} is neither true nor false`;
}
