import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { resolveSettings, type Settings } from '../../../src/config/settings.ts';
import { type JobSettings, kubernetesManifests } from '../../../src/deploy/kubernetes-manifests.ts';
import { mountedConfig } from '../../../src/deploy/mounted-config.ts';
import { REGISTRY_TYPES } from '../../../src/registry/types.ts';
import { folderWith } from '../config/temporary-folder.ts';

const SETTINGS: Settings = {
  registries: [],
  policies: [],
  inUse: [],
  findings: [],
  lists: {},
  mirrors: {},
  concurrency: 8,
  withLimits: (registry) => ({ ...registry, concurrency: 8 }),
  journalDir: undefined,
  cacheDir: undefined,
};
const NO_FILES = { policies: [], certificates: new Map<string, string>() };
const PROD = { name: 'prod', url: 'https://registry.example.com:5443', concurrency: 8 };

function textOf(job: Partial<JobSettings>, settings: Partial<Settings> = {}): Promise<string> {
  const filled: JobSettings = {
    kind: 'cronjob',
    name: 'regctl-prune',
    image: 'registry.example.com/regprune:1',
    maxDuration: { text: '30m', ms: 1_800_000 },
    mounted: mountedConfig({ ...SETTINGS, ...settings }, NO_FILES),
    ...job,
  };
  return kubernetesManifests(filled, (path) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8'));
}

/** The manifests of a job, by kind. */
async function manifestsOf(...words: Parameters<typeof textOf>): Promise<Record<string, unknown>> {
  return Object.fromEntries(
    parseAllDocuments(await textOf(...words)).map((document) => [document.get('kind') as string, document.toJS() as unknown]),
  );
}

describe('the config of a container', () => {
  test('has what runs in its own cluster as a source, beside those of here, and says which of these it has not got', () => {
    const { config, missing } = mountedConfig({ ...SETTINGS, inUse: [{ file: 'running.txt' }, { ecs: {} }] }, NO_FILES);

    expect(config).toMatchObject({ inUse: [{ kubernetes: {} }, { file: 'running.txt' }, { ecs: {} }] });
    expect(missing).toEqual(['running.txt, which says what is in use: put it into the image and name it in the config by its whole path']);
  });

  test('keeps a source of the current cluster as it is, and adds one to a source that names contexts', () => {
    const sources = [[{ kubernetes: {}, mayBeEmpty: true as const }], [{ kubernetes: { contexts: ['prod'] } }]];

    expect(sources.map((inUse) => mountedConfig({ ...SETTINGS, inUse }, NO_FILES).config)).toMatchObject([
      { inUse: [{ kubernetes: {}, mayBeEmpty: true }] },
      { inUse: [{ kubernetes: {} }, { kubernetes: { contexts: ['prod'] } }] },
    ]);
  });

  test('names policies of one name and certificates apart, in one folder', () => {
    const { config, files } = mountedConfig(
      { ...SETTINGS, registries: [{ ...PROD, caFile: 'tls/ca.pem' }] },
      {
        policies: [
          { path: 'a/my policy.yaml', text: 'first' },
          { path: 'b/my policy.yaml', text: 'second' },
        ],
        certificates: new Map([['tls/ca.pem', 'PEM']]),
      },
    );

    expect(config).toMatchObject({ policies: ['my-policy.yaml', 'my-policy-2.yaml'], registries: { prod: { tls: { ca: 'ca.pem' } } } });
    expect(Object.fromEntries(files.map(({ name, text }) => [name, text]))).toEqual({
      'my-policy.yaml': 'first',
      'my-policy-2.yaml': 'second',
      'ca.pem': 'PEM',
    });
  });

  test('takes credentials from where the config has them: variables stay, files are those of the Secret', () => {
    const auth = { username: { env: 'PROD_USER' }, password: { file: '/home/me/password' } };
    const { config, variables, credentialFiles } = mountedConfig({ ...SETTINGS, registries: [{ ...PROD, auth }] }, NO_FILES);

    expect(config).toMatchObject({
      registries: { prod: { auth: { usernameEnv: 'PROD_USER', passwordFile: '/run/secrets/regctl/prod.password' } } },
    });
    expect({ variables, credentialFiles }).toEqual({ variables: ['PROD_USER'], credentialFiles: ['prod.password'] });
  });
});

test('the config of a container says all that the config of here says, and is a config', async () => {
  const text = `
registries:
  prod:
    url: https://registry.example.com:5443
    type: harbor
    tls: { ca: ca.pem }
    auth: { username: cleaner, passwordEnv: PROD_PASSWORD }
    concurrency: 4
    rate: 20
  "plain:5000": { url: "http://plain.example.com:5000", plainHttp: true }
  account: { url: "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com", ecr: { profile: prod } }
policies: [policy.yaml]
inUse: [{ kubernetes: {} }, { file: running.txt }, { ecs: { regions: [eu-central-1] }, mayBeEmpty: true }]
mirrors: { mirror.example.com/hub: prod }
lists: { branches: { git: { repository: "https://git.example.com/app.git", refs: [branches] } } }
limits: { maxDeletions: 7 }
concurrency: 3
`;
  const folder = await folderWith({ 'here.yaml': text });
  const load = (name: string): Promise<Config> => loadConfig(folder, { REGCTL_CONFIG: name }, REGISTRY_TYPES);
  const here = await load('here.yaml');
  const { config } = mountedConfig(resolveSettings({}, {}, here), {
    policies: [{ path: 'policy.yaml', text: '' }],
    certificates: new Map([['ca.pem', '']]),
  });
  await writeFile(join(folder, 'there.yaml'), stringify(config));

  expect({ ...(await load('there.yaml')), file: 'here.yaml' }).toEqual(here);
});

describe('the manifests of a job', () => {
  test('are of one name and namespace, and make no namespace that is there', async () => {
    const manifests = await manifestsOf({ name: 'nightly', namespace: 'ops' });

    expect(Object.keys(manifests)).toEqual([
      'ServiceAccount',
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'Secret',
      'PersistentVolumeClaim',
      'NetworkPolicy',
      'CronJob',
    ]);
    const { ClusterRole, ...own } = manifests;
    expect(JSON.stringify(own)).not.toContain('regctl-prune"');
    expect(manifests['ClusterRoleBinding']).toMatchObject({
      metadata: { name: 'regctl-in-use-ops-nightly' },
      subjects: [{ kind: 'ServiceAccount', name: 'nightly', namespace: 'ops' }],
    });
    expect(ClusterRole).toBeDefined();
  });

  test('hold no value of a secret, and none at all where a Secret is named', async () => {
    expect(Object.keys((await manifestsOf({}))['Secret'] as object)).toEqual(['apiVersion', 'kind', 'metadata', 'type']);
    expect(await textOf({ name: 'nightly' })).toContain(
      `#   kubectl -n regctl patch secret nightly -p '{"stringData":{"REGISTRY_USER":"…","REGISTRY_PASSWORD":"…"}}'\n` +
        `apiVersion: v1\nkind: Secret\n`,
    );
    const { Secret, CronJob } = await manifestsOf({ secret: 'mine' });
    expect(Secret).toBeUndefined();
    expect(JSON.stringify(CronJob)).toContain('"secretKeyRef":{"name":"mine","key":"REGISTRY_PASSWORD","optional":true}');
  });

  test('end a run before its job is ended, and open the ports of its registries', async () => {
    const { CronJob, NetworkPolicy } = await manifestsOf({ pushMetrics: 'http://push.example.com:9091' }, { registries: [PROD] });
    const job = (CronJob as { spec: { jobTemplate: { spec: { activeDeadlineSeconds: number } } } }).spec.jobTemplate.spec;
    const { egress } = (NetworkPolicy as { spec: { egress: readonly { ports: readonly { port: number }[] }[] } }).spec;

    expect(job.activeDeadlineSeconds).toBe(30 * 60 + 10 * 60);
    expect(JSON.stringify(job)).toContain('"--max-duration","30m"');
    expect(egress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([53, 53, 443, 6443, 5443, 9091]);
  });

  test('say in the ConfigMap what the settings say', async () => {
    const { ConfigMap } = await manifestsOf({}, { registries: [PROD], maxDeletions: 7, mirrors: { 'mirror.example.com': 'prod' } });
    const { data } = ConfigMap as { data: Record<string, string> };

    expect(parse(data['regctl.config.yaml'] as string)).toEqual({
      registries: { prod: { url: PROD.url } },
      policies: [],
      inUse: [{ kubernetes: {} }],
      mirrors: { 'mirror.example.com': 'prod' },
      limits: { maxDeletions: 7 },
    });
  });
});
