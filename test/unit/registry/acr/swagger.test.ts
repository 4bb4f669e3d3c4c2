import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { index } from '../../../../src/demo/image.ts';
import { adapter, app, fill, withAcr } from './acr-fixture.ts';

/** Azure/acr-cli, docs/swagger.yaml, which is no part of this repository. */
const SWAGGER = join(import.meta.dirname, '../../../../../shared/specs/acr-cli-swagger.yaml');
const EXAMPLES = join(import.meta.dirname, '../../../../../shared/specs/acr-examples');
const missing = !existsSync(SWAGGER);

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Swagger {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, { readonly schema?: Schema }>> }>>>
  >;
  readonly definitions: Readonly<Record<string, Schema>>;
}

it.skipIf(missing)(`what the fake answers is as the swagger file says${missing ? ' [skipped: the file is not here]' : ''}`, async () => {
  const swagger = parse(readFileSync(SWAGGER, 'utf8')) as Swagger;
  const acr = await withAcr();
  await fill(acr, [
    [index([app('one')]), 'v1', 'v2'],
    [app('two'), 'old'],
    [app('three'), 'locked'],
  ]);
  acr.store.tag('team/app', 'locked').locks.deleteEnabled = false;
  const registry = adapter(acr);
  for await (const _name of registry.repositories()) continue;
  await registry.inventory('team/app');
  await registry.deleteTag('team/app', 'v2', index([app('one')]).digest);
  await registry.deleteTag('team/app', 'none', app('two').digest);
  await registry.deleteManifest('team/app', app('two').digest);
  await registry.checkDelete('team/app', { tags: true });
  await registry.tagsOf!('team/app', app('one').digest);
  await registry.listTags('team/none').catch(() => undefined);

  const wrong: string[] = [];
  const seen = new Set<string>();
  for (const { method, path, status, body } of acr.requests) {
    const known = Object.keys(swagger.paths).find((template) => matches(template, path.split('?')[0] ?? ''));
    const responses = known === undefined ? undefined : swagger.paths[known]?.[method.toLowerCase()]?.responses;
    if (!responses) {
      if (method !== 'HEAD') wrong.push(`${method} ${path} is not described`);
      continue;
    }
    seen.add(`${method} ${known} ${status}`);
    const described = responses[String(status)] ?? responses['default'];
    if (body === '') continue;
    if (described?.schema) wrong.push(...problems(JSON.parse(body), described.schema, swagger, `${method} ${known} ${status}`));
    if (status >= 400)
      expect(JSON.parse(body)).toMatchObject({ errors: [{ code: expect.any(String) as string, message: expect.any(String) as string }] });
  }
  expect(wrong).toEqual([]);
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'GET /acr/v1/_catalog 200',
      'GET /acr/v1/{name}/_manifests 200',
      'GET /acr/v1/{name}/_tags 200',
      'GET /acr/v1/{name}/_tags/{reference} 404',
      'DELETE /acr/v1/{name}/_tags/{reference} 202',
      'DELETE /v2/{name}/manifests/{reference} 404',
      'GET /acr/v1/{name} 200',
    ]),
  );
});

it.skipIf(missing)(
  `a list of the fake has all that Microsoft's example has${missing ? ' [skipped: the file is not here]' : ''}`,
  async () => {
    const acr = await withAcr();
    await fill(acr, [[app('one'), 'v1']]);
    await adapter(acr).inventory('team/app');
    for (const [file, path] of [
      ['GetManifestList.json', '_manifests?'],
      ['GetTagList.json', '_tags?'],
    ] as const) {
      const example = JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8')) as { responses: { 200: { body: object } } };
      const answered = JSON.parse(acr.requests.find((request) => request.path.includes(path))?.body ?? '{}') as object;
      expect(fieldsOf(answered)).toEqual(expect.arrayContaining(fieldsOf(example.responses[200].body)));
    }
  },
);

function fieldsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.slice(0, 1).flatMap((item) => fieldsOf(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, field]) => fieldsOf(field, `${path}.${name}`));
}

function matches(template: string, path: string): boolean {
  const names: Readonly<Record<string, string>> = { name: '.+', reference: '[^/]+', digest: '[^/]+' };
  return (
    new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, (_all, name: string) => names[name] ?? '[^/]+')}$`).test(path) &&
    !(template === '/acr/v1/{name}' && /\/_/.test(path))
  );
}

function problems(value: unknown, schema: Schema, swagger: Swagger, at: string): string[] {
  const { type, properties, items, $ref } = schema;
  if ($ref !== undefined) return problems(value, swagger.definitions[$ref.split('/').at(-1) ?? ''] ?? {}, swagger, at);
  if (properties) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
    return Object.entries(value).flatMap(([name, field]) => {
      const known = properties[name];
      return known ? problems(field, known, swagger, `${at}.${name}`) : [`${at}.${name} is not described`];
    });
  }
  if (type === 'array')
    return Array.isArray(value) ? value.flatMap((item, n) => problems(item, items ?? {}, swagger, `${at}[${n}]`)) : [`${at} is no list`];
  if (type === 'integer') return Number.isInteger(value) ? [] : [`${at} is no integer`];
  if (type === 'string' || type === 'boolean') return typeof value === type ? [] : [`${at} is no ${type}`];
  return [];
}
