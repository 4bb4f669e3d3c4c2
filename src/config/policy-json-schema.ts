import * as z from 'zod';
import { byCodeUnit } from '../domain/compare.ts';
import { PolicyFile } from '../policy/schema.ts';

type Json = z.core.JSONSchema.BaseSchema;

/** The JSON Schema of policy files, as text with a final newline: what `policies/policy.schema.json` holds. */
export function policyJsonSchema(): string {
  return jsonSchemaText(PolicyFile, {
    $id: 'urn:regprune:policy:1',
    title: 'regctl prune policy',
    description: 'What to keep and what to delete in container registries. A tag that no rule selects stays.',
  });
}

/** What a JSON Schema is called, and what the files are for. */
interface SchemaHead {
  readonly $id: string;
  readonly title: string;
  readonly description: string;
}

/**
 * The JSON Schema of the files that a schema accepts, as text with a final newline. Draft 7, because that is what the YAML language server
 * of editors reads. It tells less than the program checks: relations between keys are not in it.
 */
export function jsonSchemaText(files: z.ZodType, head: SchemaHead): string {
  const { $schema: _schema, ...schema } = z.toJSONSchema(files, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => dropSafeBounds(jsonSchema),
  });
  const all = { $schema: 'http://json-schema.org/draft-07/schema#', ...head, ...(sortKeywords(schema) as object) };
  return `${JSON.stringify(all, undefined, 2)}\n`;
}

/** Leaves out bounds that only say what a number can hold: they mean nothing to a reader. */
function dropSafeBounds(schema: Json): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

const FIRST = ['title', 'description', 'type'];

/**
 * Puts the keywords in a fixed order, whatever order zod gives: by name, the most telling first. Under `properties` the order of the schema
 * stays, as in the manual.
 */
function sortKeywords(value: unknown, isKeywords = true): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => sortKeywords(item));
  if (typeof value !== 'object' || value === null) return value;
  const rank = (key: string): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  const entries = Object.entries(value);
  const sorted = isKeywords ? entries.toSorted(([a], [b]) => rank(a) - rank(b) || byCodeUnit(a, b)) : entries;
  return Object.fromEntries(sorted.map(([key, inner]) => [key, sortKeywords(inner, !isKeywords || key !== 'properties')]));
}
