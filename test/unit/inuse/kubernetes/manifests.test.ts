import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { FLUX_WORKLOADS, WORKLOADS } from '../../../../src/inuse/kubernetes/workloads.ts';

const FOLDER = new URL('../../../../src/inuse/', import.meta.url);
const documents = (file: string): Readonly<Record<string, unknown>>[] =>
  parseAllDocuments(readFileSync(new URL(`kubernetes/${file}`, FOLDER), 'utf8')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Readonly<Record<string, unknown>>;
  });

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

test('the ClusterRole allows to list what is read, and nothing else', () => {
  const role = documents('rbac.yaml').find(({ kind }) => kind === 'ClusterRole') as { readonly rules: readonly Rule[] };
  const allowed = role.rules.flatMap(({ apiGroups = [], resources = [], nonResourceURLs = [], verbs }) => [
    ...apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`))),
    ...nonResourceURLs.flatMap((url) => verbs.map((verb) => `${verb} ${url}`)),
  ]);
  const lists = [...WORKLOADS, ...FLUX_WORKLOADS].map(({ group, resource }) => `list ${resource}.${group}`);
  expect(allowed.toSorted()).toEqual([...lists, 'get /apis', 'get /apis/source.toolkit.fluxcd.io/*'].toSorted());
});

test('the binding is of that ClusterRole to that ServiceAccount', () => {
  const [account, role, binding] = documents('rbac.yaml') as [
    { metadata: object },
    { metadata: { name: string } },
    { roleRef: object; subjects: object[] },
  ];
  expect(binding.roleRef).toMatchObject({ kind: 'ClusterRole', name: role.metadata.name });
  expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', ...account.metadata }]);
});

test('the page names the file, and every kind of object that is read', () => {
  const page = readFileSync(new URL('README.md', FOLDER), 'utf8');
  for (const text of [
    '(kubernetes/rbac.yaml)',
    ...WORKLOADS.map(({ kind }) => `${kind}s`),
    ...FLUX_WORKLOADS.map(({ kind }) => `\`${kind}\``),
  ])
    expect(page).toContain(text);
});
