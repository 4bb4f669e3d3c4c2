import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { LoggedRequest } from '../shared/fake-server.ts';

/** Harbor's own description of its API, where the folder with it is there. */
const SWAGGER_FILE = new URL('../../../../shared/specs/harbor-swagger.yaml', import.meta.url);
export const HAS_SWAGGER = existsSync(SWAGGER_FILE);

type Answered = Pick<LoggedRequest, 'method' | 'path' | 'status' | 'body'>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
}

interface Operation {
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string; readonly in?: string }[];
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly schema?: Schema; readonly headers?: Readonly<Record<string, unknown>> }>
  >;
}

interface Swagger {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>;
  readonly parameters: Readonly<Record<string, { readonly name: string; readonly in: string }>>;
}

/** Answers that Harbor gives and its description does not have: preconditions of a deletion, and what go-swagger itself refuses. */
const UNDECLARED = ['412', '422'];
/** How Go writes the two properties whose names the description puts in quotes. */
const GO_NAMES = ['OsFeatures', 'OsVersion'];

/**
 * Checks requests and answers of the REST API against Harbor's description: paths, queries, statuses, and of each body its types, enums and
 * property names.
 */
export class SwaggerCheck {
  readonly #swagger = parse(readFileSync(SWAGGER_FILE, 'utf8')) as Swagger;

  /** What is wrong, a sentence each. */
  problemsOf(requests: readonly Answered[]): string[] {
    return requests.filter(({ path }) => path.startsWith('/api/v2.0/')).flatMap((request) => this.#problemsOf(request));
  }

  #problemsOf({ method, path, status, body }: Answered): string[] {
    const url = new URL(path, 'http://harbor');
    const where = `${method} ${url.pathname} ${status}`;
    const operation = this.#operation(method, url.pathname.slice('/api/v2.0'.length));
    if (!operation) return [`${where}: there is no such operation`];
    const queries = (operation.parameters ?? [])
      .map((one) => (one.$ref ? this.#swagger.parameters[nameIn(one.$ref)] : one))
      .filter((one) => one?.in === 'query')
      .map((one) => one?.name);
    const unknown = [...url.searchParams.keys()].filter((name) => !queries.includes(name)).map((name) => `${where}: it takes no ${name}`);
    const declared = operation.responses[String(status)];
    if (!declared) return [...unknown, ...(UNDECLARED.includes(String(status)) ? [] : [`${where}: it does not answer so`])];
    const schema = declared.schema ?? (declared.$ref ? this.#swagger.responses[nameIn(declared.$ref)]?.schema : undefined);
    if (!schema || schema.type === 'string' || body === '') return unknown;
    return [...unknown, ...this.#mismatches(JSON.parse(body), schema, where)];
  }

  #operation(method: string, path: string): Operation | undefined {
    const names = Object.keys(this.#swagger.paths).filter((template) =>
      new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
    );
    // The one with the fewest variables is meant: /system/gc/schedule is no job.
    const [name] = names.toSorted((a, b) => a.split('{').length - b.split('{').length);
    return name === undefined ? undefined : this.#swagger.paths[name]?.[method.toLowerCase()];
  }

  #mismatches(value: unknown, given: Schema, at: string): string[] {
    const schema = given.$ref ? (this.#swagger.definitions[nameIn(given.$ref)] ?? {}) : given;
    // An empty list is null as Go writes it.
    if (schema.type === 'array')
      return value === null
        ? []
        : Array.isArray(value)
          ? value.flatMap((entry, index) => this.#mismatches(entry, schema.items ?? {}, `${at}[${index}]`))
          : [`${at} is no list`];
    if (schema.type === 'object' || schema.properties) return this.#objectMismatches(value, schema, at);
    const is = { string: 'string', boolean: 'boolean', integer: 'number', number: 'number' }[schema.type ?? ''];
    if (is !== undefined && typeof value !== is) return [`${at} is no ${schema.type}`];
    if (schema.type === 'integer' && !Number.isInteger(value)) return [`${at} is no integer`];
    return schema.enum && !schema.enum.includes(value) ? [`${at} is none of ${schema.enum.join(', ')}`] : [];
  }

  #objectMismatches(value: unknown, schema: Schema, at: string): string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
    const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name)).map((name) => `${at} has no ${name}`);
    return [
      ...missing,
      ...Object.entries(value).flatMap(([name, entry]) => {
        const known = schema.properties?.[name];
        if (known) return this.#mismatches(entry, known, `${at}.${name}`);
        // `type: object` stands for anything there.
        if (schema.additionalProperties)
          return schema.additionalProperties.type === 'object' ? [] : this.#mismatches(entry, schema.additionalProperties, `${at}.${name}`);
        return !schema.properties || GO_NAMES.includes(name) ? [] : [`${at} has a ${name}, which is none of its properties`];
      }),
    ];
  }
}

function nameIn(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
