import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { toJson } from '../../../src/report/json.ts';
import { planNames } from '../../../src/report/name.ts';
import { toYaml } from '../../../src/report/yaml.ts';
import { digest, expired, image, plan, repository } from './plan-fixture.ts';

const child = image('a2', { action: 'delete', reasons: [{ code: 'deleted_with_parent', by: digest('a1') }] });
const twice = expired('a1', 'main-1', 4, { tags: ['main-1', 'main-2'] });
const moved = image('b1', { tags: ['v1', 'v1.0.0'], action: 'untag', untag: ['v1.0.0'] });
const one = plan([repository([twice, child, moved, image('c1', { tags: ['latest'] })])]);

describe('documents', () => {
  test('JSON has two spaces, the order of the contract and a line end', () => {
    const text = toJson(one);

    expect(text.startsWith('{\n  "kind": "Plan",\n  "formatVersion": "1.0",\n  "tool": {')).toBe(true);
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual(one);
  });

  test('YAML says exactly what JSON says, also where a text looks like something else', () => {
    const tricky = plan([repository([expired('a1', 'x', 1, { tags: ['1.10', 'null', 'no', '0x10', '2026-11-24', '~', '!tag', '*x'] })])]);

    expect(parse(toYaml(tricky))).toEqual(JSON.parse(toJson(tricky)));
    expect(toYaml(tricky)).not.toMatch(/[&*]a\d/);
  });

  test('names are one reference a line: each tag that goes, and the digest of what has none', () => {
    expect(planNames(one)).toBe(
      ['v1.0.0', 'main-1', 'main-2'].map((tag) => `registry.example.com:8443/team/app:${tag}\n`).join('') +
        `registry.example.com:8443/team/app@${digest('a2')}\n`,
    );
  });

  test('without a URL, names begin with the name of the registry', () => {
    const { url: _url, ...fromFile } = repository([expired('a1', 'main-1', 4)]);

    expect(planNames(plan([fromFile]))).toBe('prod/team/app:main-1\n');
  });

  test('no deletions, no names', () => {
    expect(planNames(plan([repository([image('c1')])]))).toBe('');
  });
});
