import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/config.ts';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import { REGISTRY_TYPES } from '../../../src/registry/types.ts';

const ROOT = new URL('../../../', import.meta.url);
const README = readFileSync(new URL('README.md', ROOT), 'utf8');
const SNIPPETS = [...README.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
const keysOf = (text: string): string[] => Object.keys(parse(text) as object);
const POLICIES = SNIPPETS.filter((text) => keysOf(text).includes('policies') && keysOf(text).includes('version'));
const CASES = SNIPPETS.filter((text) => keysOf(text).includes('cases'));
const CONFIGS = SNIPPETS.filter((text) => ['registries', 'inUse', 'findings', 'lists'].some((key) => keysOf(text).includes(key)));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'regprune-readme-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('each YAML snippet of the README is a policy, cases of one, a config or an object of Kubernetes', () => {
  const objects = SNIPPETS.filter((text) => keysOf(text).includes('apiVersion'));
  expect(POLICIES.length + CASES.length + CONFIGS.length + objects.length).toBe(SNIPPETS.length);
  expect([POLICIES.length > 1, CASES.length > 0, CONFIGS.length > 1]).toEqual([true, true, true]);
});

describe('what the README shows is right', () => {
  test.for(POLICIES)('policy %#', async (text) => {
    const file = path.join(folder, 'policy.yaml');
    await writeFile(file, text);
    await expect(loadPolicies([file], { lists: ['branches'] })).resolves.not.toEqual([]);
  });

  test.for(CONFIGS)('config %#', async (text) => {
    await writeFile(path.join(folder, 'config.yaml'), text);
    await expect(loadConfig(folder, { REGCTL_CONFIG: 'config.yaml' }, REGISTRY_TYPES)).resolves.toMatchObject({ file: 'config.yaml' });
  });

  test('every file of this repository that it links to is there', () => {
    const links = [...README.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !existsSync(new URL(link, ROOT)))).toEqual([]);
  });

  test('how each type of registry is recognised', () => {
    const rows = [...README.matchAll(/^\| \[?`([\w-]+)`.*?: .+? \| (every host .+?|by host.*?|asked once) \|/gm)];
    const told = Object.fromEntries(rows.map(([, type = '', how]) => [type, how]));
    const ways = REGISTRY_TYPES.map(({ name, hosts, recognises }): [string, string] => [
      name,
      hosts || recognises
        ? [hosts && 'by host', recognises && 'asked once'].filter(Boolean).join(', or ')
        : 'every host that no other type claims',
    ]);
    // Amazon's public registry stands on the page of the private one.
    expect(told).toEqual(Object.fromEntries(ways.filter(([name]) => name !== 'ecr-public')));
  });

  test('it names every ready-made policy but that of the demo', () => {
    const named = [...README.matchAll(/\(policies\/([\w-]+\.yaml)\)/g)].map(([, name]) => name).toSorted();
    expect(named).toEqual([
      'branch-builds.yaml',
      'ci-builds.yaml',
      'expiring.yaml',
      'live-branches.yaml',
      'newest-images.yaml',
      'nightly.yaml',
      'protect-production.yaml',
      'recently-used.yaml',
      'releases.yaml',
      'untagged.yaml',
    ]);
  });
});
