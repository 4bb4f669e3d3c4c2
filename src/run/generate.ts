import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../config/config.ts';
import { loadPolicies } from '../config/policy-source.ts';
import { resolveSettings, type Settings } from '../config/settings.ts';
import { LONGEST_FILE } from '../config/yaml-source.ts';
import { alertRules } from '../deploy/alert-rules.ts';
import { containerfile, type PackageFacts } from '../deploy/containerfile.ts';
import { type JobSettings, kubernetesManifests, type ReadTemplate } from '../deploy/kubernetes-manifests.ts';
import { githubWorkflow, gitlabJobs } from '../deploy/pipelines.ts';
import { mountedConfig, type SettingsFiles } from '../deploy/mounted-config.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { readSource, type Source } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { REGISTRY_TYPES } from '../registry/types.ts';
import type { Context, GlobalOptions } from './context.ts';
import { type Io, say } from './io.ts';
import { pushAddress } from './push-metrics.ts';

/** Most images that one night deletes where nothing else limits it. */
const MOST_DELETIONS = '500';

const TWO_HOURS: JobSettings['maxDuration'] = { text: '2h', ms: 2 * 3_600_000 };

/** A policy that keeps everything: it stands where there is none yet. */
const KEEP_ALL = `version: 1
policies:
  - name: everything
    rules:
      - { name: everything, tags: ['**'], keep: all }
`;

export interface JobOptions extends GlobalOptions {
  readonly policy?: readonly string[];
  readonly registry?: readonly string[];
  readonly maxDeletions?: string;
  readonly image?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly schedule?: string;
  readonly shards?: number;
  readonly maxDuration?: JobSettings['maxDuration'];
  readonly secret?: string;
  readonly pushMetrics?: string;
}

/** `generate cronjob` and `generate indexed-job`: all that runs the program in a cluster, with the config and policies of here. */
export async function generateJob(
  kind: JobSettings['kind'],
  options: JobOptions,
  packageFolder: string,
  context: Context,
): Promise<number> {
  const { io, version } = context;
  const { image = `regprune:${version}`, name, namespace, schedule, shards, secret, pushMetrics } = options;
  const maxDuration = options.maxDuration ?? TWO_HOURS;
  if (pushMetrics !== undefined) pushAddress(pushMetrics, 'regprune', undefined);
  const config = await loadConfig(io.cwd, io.env, REGISTRY_TYPES);
  const settings = resolveSettings(options, io.env, config);
  const mounted = mountedConfig(settings, await filesOf(settings, io));
  const manifests = await kubernetesManifests(
    {
      kind,
      name,
      image,
      maxDuration,
      mounted,
      ...(namespace !== undefined && { namespace }),
      ...(schedule !== undefined && { schedule }),
      ...(shards !== undefined && { shards }),
      ...(secret !== undefined && { secret }),
      ...(pushMetrics !== undefined && { pushMetrics }),
      ...(settings.maxDeletions === undefined && { maxDeletions: MOST_DELETIONS }),
    },
    templatesOf(packageFolder),
  );
  io.stdout.write(manifests);
  const warnings = [
    ...(options.image === undefined
      ? [`${image} stands for the image that "${io.program} generate containerfile" builds; name yours with --image`]
      : []),
    ...(settings.registries.length === 0
      ? ['no registry is named, so that registry.example.com stands there: name yours in the config or with --registry']
      : []),
    ...(settings.policies.length === 0
      ? ['no policy is named, so that one that keeps everything stands there: name yours in the config or with --policy']
      : []),
    ...mounted.missing.map((what) => `the container will not have ${what}. A run without it is refused.`),
  ];
  if (!options.quiet) for (const warning of warnings) say(io, `warning: ${warning}`);
  return EXIT.done;
}

export interface PipelineOptions extends GlobalOptions {
  readonly schedule?: string;
}

/** `generate github` and `generate gitlab`: a pipeline for the config and policies of here. */
export async function generatePipeline(
  host: 'github' | 'gitlab',
  { schedule, quiet }: PipelineOptions,
  packageFolder: string,
  { io, version }: Context,
): Promise<number> {
  const settings = resolveSettings({}, io.env, await loadConfig(io.cwd, io.env, REGISTRY_TYPES));
  const { configFile = '.regctlrc.yaml', policies, registries } = settings;
  const { variables } = mountedConfig(settings, await filesOf(settings, io));
  const watched = [configFile, ...(policies.length > 0 ? policies : ['policies/**'])];
  const template = await templatesOf(packageFolder)(`src/deploy/${host}.yaml`);
  io.stdout.write(
    (host === 'github' ? githubWorkflow : gitlabJobs)(template, {
      version,
      watched,
      variables,
      ...(schedule !== undefined && { schedule }),
    }),
  );
  const missing = [...(registries.length === 0 ? ['registry'] : []), ...(policies.length === 0 ? ['policy'] : [])];
  if (missing.length > 0 && !quiet)
    say(io, `warning: the config names no ${missing.join(' and no ')}, and the pipeline reads ${configFile}`);
  return EXIT.done;
}

export interface AlertOptions extends GlobalOptions {
  readonly output: 'rules' | 'prometheus-rule';
}

/** `generate alerts`: rules for Prometheus on the metrics of runs. */
export async function generateAlerts({ output }: AlertOptions, packageFolder: string, { io }: Context): Promise<number> {
  io.stdout.write(alertRules(await templatesOf(packageFolder)('src/deploy/alerts.yaml'), output));
  return EXIT.done;
}

/** `generate containerfile`: what builds an image of the program. */
export async function generateContainerfile(packageFolder: string, { io }: Context): Promise<number> {
  const read = templatesOf(packageFolder);
  const facts = JSON.parse(await read('package.json')) as PackageFacts;
  io.stdout.write(containerfile(await read('src/deploy/Containerfile'), facts));
  return EXIT.done;
}

/** Prints a file of the package as it is. */
export async function generateFile(file: 'dashboard.json', packageFolder: string, { io }: Context): Promise<number> {
  io.stdout.write(await templatesOf(packageFolder)(`src/deploy/${file}`));
  return EXIT.done;
}

function templatesOf(packageFolder: string): ReadTemplate {
  return (path) => readFile(join(packageFolder, path), 'utf8');
}

/** Reads the policies, which must be right, and the certificates that the settings name. */
async function filesOf({ policies, lists, registries }: Settings, { signal }: Io): Promise<SettingsFiles> {
  // One that cannot be read is told with all that is wrong in the others.
  const read = (path: string): Promise<string | Source> =>
    readSource(path, { what: 'policy', maxBytes: LONGEST_FILE, signal }).catch(() => path);
  const sources = await Promise.all(policies.map(read));
  await loadPolicies(sources, { lists: Object.keys(lists) }, signal);
  const texts = sources.flatMap((one) => (typeof one === 'string' ? [] : [{ path: one.file, text: one.text }]));
  const authorities = new Set(registries.flatMap(({ caFile }) => (caFile === undefined ? [] : [caFile])));
  const certificates = [...authorities].map(async (path) => [path, await certificatesIn(path)] as const);
  return {
    policies: policies.length > 0 ? texts : [{ path: 'policy.yaml', text: KEEP_ALL }],
    certificates: new Map(await Promise.all(certificates)),
  };
}

/** The certificates of a file alone: a key that stands beside them must not come into a ConfigMap. */
async function certificatesIn(path: string): Promise<string> {
  const { text } = await readSource(path, { what: 'CA file', maxBytes: LONGEST_FILE });
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (blocks) return `${blocks.join('\n')}\n`;
  throw new ToolError('FILE', `${path}: the CA file holds no certificate in PEM.`, {
    hint: 'It must hold one or more BEGIN CERTIFICATE blocks. Correct "tls.ca" of the registry in the config.',
  });
}
