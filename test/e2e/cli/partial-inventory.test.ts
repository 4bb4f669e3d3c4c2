import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newSession, type Session } from './in-process.ts';
import { registryWith } from './registry-with-builds.ts';

const hex = (digit: string): string => digit.repeat(64);
const capabilities = { deleteTag: true, listUntagged: true, pushedAt: true };

/** A store of the signatures of one image, beside a repository that has nothing to do with it. */
const repositories = [
  {
    registry: 'prod',
    type: 'harbor',
    repository: 'signatures',
    complete: true,
    capabilities,
    manifests: [
      {
        digest: `sha256:${hex('1')}`,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        size: 1,
        tags: [`sha256-${hex('a')}.sig`],
        pushedAt: '2026-01-01T00:00:00Z',
        children: [],
      },
    ],
  },
  { registry: 'prod', type: 'harbor', repository: 'team/tools', complete: true, capabilities, manifests: [] },
];

const POLICY = `version: 1
policies:
  - name: signatures
    rules:
      - {name: signatures of nothing, orphaned: {subjectsIn: ["team/**"]}, keep: none}
`;

async function deletedFrom(session: Session, head: object, name: string): Promise<number> {
  const file = join(session.folder, name);
  const text = name.endsWith('.jsonl')
    ? [head, ...repositories].map((line) => JSON.stringify(line)).join('\n')
    : JSON.stringify({ ...head, repositories });
  await writeFile(file, text);
  const policy = join(session.folder, 'policy.yaml');
  await writeFile(policy, POLICY);
  const plan = await session.plan(['--inventory', file, '-p', policy, '--now', '2026-11-28T00:00:00Z']);
  return plan.repositories.flatMap(({ steps }) => steps).length;
}

describe('an inventory of some repositories of a registry', () => {
  test('says so, and one of the whole registry does not', async () => {
    const registry = await registryWith({ 'team/app': 1, 'team/web': 1 });
    const session = await newSession();

    await session.run('inventory', `${registry.host}/team/app`, '--out', 'some.json');
    await session.run('inventory', registry.host, '--out', 'all.json');

    const read = async (name: string): Promise<object> => JSON.parse(await readFile(join(session.folder, name), 'utf8')) as object;
    expect(await read('some.json')).toMatchObject({ partial: true });
    expect(await read('all.json')).not.toHaveProperty('partial');
  });

  test.each(['some.json', 'some.jsonl'])('orphans no signature whose image may be in another repository: %s', async (name) => {
    const session = await newSession();
    const head = { kind: 'Inventory', formatVersion: '1.0', takenAt: '2026-11-28T00:00:00Z' };

    expect(await deletedFrom(session, { ...head, partial: true }, name)).toBe(0);
    expect(await deletedFrom(session, head, name)).toBe(1);
  });
});
