import type * as z from 'zod';
import { plainWords } from '../config/plain-words.ts';
import { lineText, makeSource, type Source } from '../diagnostics/source.ts';
import { type Problem, SourceError } from '../diagnostics/source-error.ts';
import { Expression, type HclObject, type HclValue } from './hcl-value.ts';
import { settingsError } from './parse-settings.ts';
import { EcrDocument } from './settings/terraform.ts';
import type { TerraformResource } from './terraform-resources.ts';

/** What to do where only Terraform knows a value. */
export const SHOW = 'import what "terraform show -json" prints of the state or a plan, or write the value';

/**
 * Reads a text that a resource is set to, or that is made of it. A problem in it stands where the resource says so; where that is not
 * found, at the resource.
 */
export function readPart<Read>(file: string, resource: TerraformResource, text: string, read: (source: Source) => Read): Read {
  const source = makeSource(`${file} (${resource.address})`, text);
  try {
    return read(source);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw settingsError(error.problems.map((problem) => ofResource(problem, source, resource)));
  }
}

function ofResource({ line, column, endColumn, message }: Problem, source: Source, resource: TerraformResource): Problem {
  const whole = lineText(source, line);
  const written = whole.slice(column - 1, endColumn - 1).replace(/,$/, '');
  const isValue = /^(?:"(?:[^"\\]|\\.)*"|[\w.-]+)$/.test(written);
  // Of several of the same text, the one at the same turn.
  const before = source.text.slice(0, (source.lineStarts[line - 1] ?? 0) + column - 1).split(written).length - 1;
  const place = isValue ? resource.placeOf(written, before) : undefined;
  return place
    ? resource.problem(message, place)
    : resource.problem(isValue && !message.includes(written) ? `${written}: ${message}` : message);
}

/** The values of a resource by a schema. Throws `POLICY_INVALID` for what the schema does not know, and for what only Terraform knows. */
export function checked<Schema extends z.ZodType>({ values, problem }: TerraformResource, schema: Schema): z.output<Schema> {
  const read = schema.safeParse(values, { error: plainWords });
  if (read.success) return read.data;
  throw settingsError(
    read.error.issues.map(({ path, message }): Problem => {
      const found = path.reduce<HclValue | undefined>(
        (value, key) => (value instanceof Expression ? value : (value as HclObject | undefined)?.[key as string]),
        values,
      );
      if (found instanceof Expression) return unknownHere(problem, found);
      const words = message.replace(/^Unrecognized keys?: /, 'unknown key: ');
      return problem(path.length === 0 ? words : `${path.join('.')}: ${words}`);
    }),
  );
}

/** The problem of an expression; of a text with expressions in it, that of the first of these. */
function unknownHere(problem: TerraformResource['problem'], expression: Expression): Problem {
  const { text, start } = expression;
  const inner = /^(?:"|<<)/.test(text) ? /(?<!\$)\$\{[^}\n]*\}/.exec(text) : null;
  const words = inner?.[0] ?? text.replace(/\s*\n.*$/s, ' …');
  const place = inner ? { start: start + inner.index, end: start + inner.index + inner[0].length } : expression;
  return problem(`what ${words} is, only Terraform knows: ${SHOW}`, place);
}

/** The lifecycle policy of ECR that an attribute is set to: as text, by jsonencode, or by a document of the same file. */
export function policyOf(resource: TerraformResource, policy: HclValue | undefined, all: readonly TerraformResource[]): string {
  if (typeof policy === 'string') return policy;
  if (!(policy instanceof Expression)) throw settingsError([resource.problem('it has no policy')]);
  if (policy.encoded !== undefined) return asText(plain(resource, policy.encoded));
  const [, address] = /^(data\.aws_ecr_lifecycle_policy_document\.[\w-]+)\.json$/.exec(policy.text) ?? [];
  const document = all.find((other) => other.address === address);
  if (!document) throw settingsError([unknownHere(resource.problem, policy)]);
  return asText({
    rules: checked(document, EcrDocument).rule.map(({ priority, description, selection, action }) => ({
      rulePriority: priority,
      ...(description !== undefined && { description }),
      selection: camelCased(selection),
      action: camelCased(action ?? { type: 'expire' }),
    })),
  });
}

/** Data without expressions. Throws `POLICY_INVALID` with the place of each. */
export function plain(resource: TerraformResource, value: HclValue): unknown {
  if (value instanceof Expression) throw settingsError([unknownHere(resource.problem, value)]);
  if (Array.isArray(value)) return value.map((each: HclValue) => plain(resource, each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value as HclObject).map(([key, each]) => [key, plain(resource, each)]));
}

/**
 * The name that an attribute names: itself, or that of the resource of the same file that it refers to (`aws_ecr_repository.app.name`,
 * `harbor_project.main.id`, in a state `/projects/3`). Undefined where only Terraform knows it.
 */
export function nameOf(value: HclValue | undefined, all: readonly TerraformResource[]): string | undefined {
  if (value instanceof Expression) {
    const [, address] = /^([a-z0-9_]+\.[\w-]+)\.(?:id|name|repository_id|project_id)$/.exec(value.text) ?? [];
    const values = all.find((other) => other.address === address)?.values;
    const name = values?.['name'] ?? values?.['repository_id'];
    return typeof name === 'string' ? name : undefined;
  }
  if (typeof value !== 'string' || value === '') return undefined;
  if (!/^(?:\/projects\/)?\d+$/.test(value)) return value;
  const id = value.replace('/projects/', '');
  const project = all.find(
    ({ type, values }) => type === 'harbor_project' && `${values['project_id'] ?? values['id']}`.replace('/projects/', '') === id,
  );
  const name = project?.values['name'];
  return typeof name === 'string' ? name : undefined;
}

/** Data as a text that people can read. */
export function asText(data: unknown): string {
  return JSON.stringify(data, undefined, 2);
}

/** Keys as the API has them: `countType` for `count_type`; what is empty is not there. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      const isAbsent = each === undefined || each === '' || (Array.isArray(each) && each.length === 0);
      return isAbsent ? [] : [[key.replaceAll(/_([a-z])/g, (_found, letter: string) => letter.toUpperCase()), camelCased(each)]];
    }),
  );
}
