import { isProblems, readYaml } from '../config/yaml-source.ts';
import { asList, asObject, isObject, type JsonObject } from '../domain/json.ts';
import type { Source, Span } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';
import * as z from 'zod';
import { parseHcl } from './hcl.ts';
import { Expression, type HclObject, type HclValue } from './hcl-value.ts';
import { settingsError } from './parse-settings.ts';

/** A resource or a data source of Terraform, or what a module is given, of the type `module`. */
export interface TerraformResource {
  readonly type: string;
  /** `aws_ecr_lifecycle_policy.app`, as messages call it. */
  readonly address: string;
  /** Without what is said to Terraform itself, and without what is null. Nested blocks are lists of objects. */
  readonly values: HclObject;
  /** A problem with it, at an expression of it or at its beginning. */
  readonly problem: (message: string, at?: Span) => Problem;
  /** Where a text stands in it for the time after so many; undefined where it does not, or its place is not known. */
  readonly placeOf: (text: string, before: number) => Span | undefined;
}

/** Attributes and blocks that are for Terraform, not for the provider. */
const META = new Set(['count', 'for_each', 'depends_on', 'provider', 'lifecycle', 'provisioner', 'connection', 'timeouts']);

export function isTerraformText(text: string): boolean {
  return /^[ \t]*(?:(?:resource|data)[ \t]+"[a-z0-9_]+"[ \t]+"[\w-]+"|module[ \t]+"[\w-]+")[ \t]*\{|^inputs[ \t]*=[ \t]*\{/m.test(text);
}

/** True of what `terraform show -json` prints, and of Terraform's own syntax in JSON. */
export function isTerraformJson(data: unknown): boolean {
  if (!isObject(data)) return false;
  return rootsOf(data).length > 0 || (isObject(data['resource']) && Object.values(data['resource']).every(isObject));
}

/**
 * What a file of Terraform declares (`*.tf`, `*.tf.json`), or what `terraform show -json` prints of a state or a plan. Throws
 * `POLICY_INVALID` for what is neither.
 */
export function terraformResources(source: Source, data: unknown): TerraformResource[] {
  if (isTerraformJson(data)) return ofJson(source, data as JsonObject);
  const blocks = parseHcl(source);
  if (!Array.isArray(blocks)) throw settingsError([blocks as Problem]);
  const locals = Object.assign({}, ...blocks.filter(({ type }) => type === 'locals').map(({ body }) => body)) as HclObject;
  return blocks.flatMap(({ type: kind, labels: [type, name], body, ...span }) => {
    const isModule = kind === 'module' || kind === 'inputs';
    if (!isModule && ((kind !== 'resource' && kind !== 'data') || type === undefined || name === undefined)) return [];
    const address = isModule ? [kind, ...(type === undefined ? [] : [type])].join('.') : `${kind === 'data' ? 'data.' : ''}${type}.${name}`;
    const problem: TerraformResource['problem'] = (message, at = span) => problemAt(source, at, message);
    return [
      {
        type: isModule ? 'module' : (type as string),
        address,
        values: withLocals(valuesIn(body), locals),
        problem,
        placeOf: placesIn(source, span),
      },
    ];
  });
}

function ofJson(source: Source, data: JsonObject): TerraformResource[] {
  const read = readYaml(source, z.unknown());
  if (isProblems(read)) throw settingsError(read);
  const problem: TerraformResource['problem'] = (message) => read.problemAt([], message);
  const roots = rootsOf(data);
  if (roots.length > 0)
    return resourcesBelow(roots[0] as JsonObject).flatMap(({ address, type, values }) =>
      typeof address === 'string' && typeof type === 'string' && isObject(values)
        ? [
            {
              type,
              address,
              values: valuesIn(values as HclObject),
              problem: (message: string) => problem(`${address}: ${message}`),
              placeOf: nowhere,
            },
          ]
        : [],
    );
  return ['resource', 'data'].flatMap((kind) =>
    Object.entries(asObject(data[kind]) ?? {}).flatMap(([type, named]) =>
      Object.entries(asObject(named) ?? {}).flatMap(([name, body]): TerraformResource[] => {
        const address = `${kind === 'data' ? 'data.' : ''}${type}.${name}`;
        const at = (message: string): Problem => read.problemAt([kind, type, name], message);
        const values = asObject(Array.isArray(body) ? body[0] : body) ?? {};
        return [{ type, address, values: valuesIn(templated(values) as HclObject), problem: at, placeOf: nowhere }];
      }),
    ),
  );
}

/** The root modules of a state or a plan: what is there, or what is planned. */
function rootsOf({ planned_values: planned, values, prior_state: prior }: JsonObject): JsonObject[] {
  return [
    asObject(planned)?.['root_module'],
    asObject(values)?.['root_module'],
    asObject(asObject(prior)?.['values'])?.['root_module'],
  ].filter(isObject);
}

function resourcesBelow(module: JsonObject): JsonObject[] {
  const below = (asList(module['child_modules']) ?? []).flatMap((child) => resourcesBelow(asObject(child) ?? {}));
  return [...(asList(module['resources']) ?? []).filter(isObject), ...below];
}

/** In Terraform's JSON, text with `${…}` is an expression. */
function templated(value: unknown): HclValue {
  if (typeof value === 'string')
    return /(?<![$%])[$%]\{/.test(value) ? new Expression(value.replace(/^\$\{(.*)\}$/s, '$1'), { start: 0, end: 0 }) : value;
  if (Array.isArray(value)) return value.map(templated);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, templated(one)]));
  return value as HclValue;
}

/** In JSON a problem stands at the resource. */
function nowhere(): undefined {}

function placesIn({ text }: Source, { start, end }: Span): TerraformResource['placeOf'] {
  return (written, before) => {
    // A key is written without quotes, and in blocks in small letters.
    const bare = written.replaceAll('"', '');
    for (const form of [written, bare, bare.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]) {
      const parts = text.slice(start, end).split(form);
      if (parts.length < 2) continue;
      const at = start + parts.slice(0, Math.min(before + 1, parts.length - 1)).join(form).length;
      return { start: at, end: at + form.length };
    }
    return undefined;
  };
}

function valuesIn(body: HclObject): HclObject {
  return withoutNull(Object.fromEntries(Object.entries(body).filter(([name]) => !META.has(name)))) as HclObject;
}

function withoutNull(value: HclValue): HclValue {
  if (typeof value !== 'object' || value === null || value instanceof Expression) return value;
  if (Array.isArray(value)) return value.map(withoutNull);
  return Object.fromEntries(Object.entries(value as HclObject).flatMap(([key, one]) => (one === null ? [] : [[key, withoutNull(one)]])));
}

/** With what `local.NAME` stands for, where that is written in the same file. */
function withLocals(values: HclObject, locals: HclObject): HclObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const [, local] = value instanceof Expression ? (/^local\.([\w-]+)$/.exec(value.text) ?? []) : [];
      return [name, (local !== undefined && locals[local]) || value];
    }),
  );
}
