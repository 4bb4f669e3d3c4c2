import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { jsonSchemaText, policyJsonSchema } from '../../../src/config/policy-json-schema.ts';
import { TEST_SCHEMA, TestFile } from '../../../src/policy-test/test-file-schema.ts';

const testJsonSchema = (): string => jsonSchemaText(TestFile, TEST_SCHEMA);
const POLICY = ['policy.schema.json', 'policy schema', policyJsonSchema, 'regctl prune policy', 'policies'] as const;
const CASES = ['policy-test.schema.json', 'policy schema --tests', testJsonSchema, 'regctl prune policy test', 'cases'] as const;

test.for([POLICY, CASES])('policies/%s is up to date', ([file, command, schema]) => {
  const message = `regenerate it: npm run build && node bin/regctl.js ${command} > policies/${file}`;
  expect(readFileSync(new URL(`../../../policies/${file}`, import.meta.url), 'utf8'), message).toBe(schema());
});

test.for([POLICY, CASES])('%s is a draft 7 schema with a name, and no key is without help', ([, , text, title, key]) => {
  const schema = JSON.parse(text()) as Record<string, unknown>;
  expect(schema).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: expect.stringMatching(/^urn:regprune:policy(?:-test)?:1$/) as string,
    title,
    required: ['version', key],
  });
  const silent: string[] = [];
  const visit = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'properties') {
        for (const [name, property] of Object.entries(inner as Record<string, { description?: string }>))
          if (!property.description) silent.push(`${at}.${name}`);
      }
      visit(inner, key === 'properties' || key === 'items' || key === 'anyOf' ? at : `${at}.${key}`);
    }
  };
  visit(schema, '');
  expect(silent).toEqual([]);
});

test('as a schema it takes what is right and refuses what an editor can tell', () => {
  const schema = z.fromJSONSchema(JSON.parse(policyJsonSchema()) as z.core.JSONSchema.JSONSchema);
  const file = (rule: object, policy: object = {}): unknown => ({
    version: 1,
    policies: [{ name: 'p', ...policy, rules: [{ name: 'r', keep: 'all', ...rule }] }],
  });
  const takes = (value: unknown): boolean => schema.safeParse(value).success;
  expect(takes(file({ tags: ['v*'], order: 'semver', keep: { last: 3 } }))).toBe(true);
  expect(takes(file({ tags: { regex: 'x', semver: '>=1' }, largerThan: '2GB' }))).toBe(true);
  expect(takes(file({ tags: 'v*' }))).toBe(false);
  expect(takes(file({ tagz: ['v*'] }))).toBe(false);
  expect(takes(file({ untagged: true, keep: { last: -1 } }))).toBe(false);
  expect(takes(file({ untagged: true, order: 'size' }))).toBe(false);
  expect(takes(file({ untagged: true }, { grace: 'soon' }))).toBe(false);
  expect(takes(file({ untagged: true }, { protect: [{ digests: ['sha256:1'] }] }))).toBe(false);
  expect(takes({ version: 2, policies: [] })).toBe(false);
});
