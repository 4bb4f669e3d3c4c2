import { parseYaml } from '../config/yaml-document.ts';
import type { Source } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { importCloudformation, isCloudformation } from './cloudformation.ts';
import { importAcrPurge, isAcrPurge } from './acr-purge.ts';
import { importArtifactoryCleanup, isArtifactoryCleanup } from './artifactory-cleanup.ts';
import { importEcrLifecycle, isEcrLifecycle } from './ecr-lifecycle.ts';
import { importGarCleanup, isGarCleanup } from './gar-cleanup.ts';
import { importGithubWorkflow, isGithubWorkflow } from './github-workflow.ts';
import { importGitlabExpiration, isGitlabExpiration } from './gitlab-expiration.ts';
import { importHarborRetention, isHarborRetention } from './harbor-retention.ts';
import type { ImportedPolicy, ImportGround } from './imported-policy.ts';
import { settingsError } from './parse-settings.ts';
import { importQuayAutoPrune, isQuayAutoPrune } from './quay-auto-prune.ts';
import { importTerraform } from './terraform.ts';
import { isTerraformJson, isTerraformText } from './terraform-resources.ts';
import { importZotRetention, isZotRetention } from './zot-retention.ts';

interface Format {
  /** True of the content of such a file: its data as YAML or JSON, undefined where it is neither, and its text. */
  readonly recognises: (data: unknown, text: string) => boolean;
  readonly read: (source: Source, data: unknown, ground: ImportGround) => ImportedPolicy[];
}

/** What sets up a retention and cannot be read here, and what to import in its place. */
const ELSEWHERE: readonly (readonly [text: RegExp, hint: string])[] = [
  [/\.addLifecycleRule\(|\blifecycleRules\s*:/, 'Of a program for the AWS CDK, import what "cdk synth" prints.'],
  [/\becr put-lifecycle-policy\b/, 'Import the policy that the command sets, or what "aws ecr get-lifecycle-policy" prints.'],
  [
    /\bset-cleanup-policies\b/,
    'Import the file that the command takes with --policy, or what "gcloud artifacts repositories describe --format=json" prints.',
  ],
  [
    /\bcontainer_expiration_policy\b|\bcontainer_expiration_policy_attributes\b/,
    'Import what GET /api/v4/projects/{id} of GitLab answers.',
  ],
];

/** The settings that can be imported, by the word of `--from`. In this order they are recognised. */
const FORMATS = {
  terraform: { recognises: (data, text) => isTerraformText(text) || isTerraformJson(data), read: importTerraform },
  ecr: {
    recognises: (data, text) => isEcrLifecycle(data) || isCloudformation(text),
    read: (source, data, ground) =>
      isCloudformation(source.text) ? importCloudformation(source, ground) : importEcrLifecycle(source, data, ground),
  },
  harbor: { recognises: isHarborRetention, read: importHarborRetention },
  gar: { recognises: isGarCleanup, read: importGarCleanup },
  quay: { recognises: isQuayAutoPrune, read: importQuayAutoPrune },
  gitlab: { recognises: isGitlabExpiration, read: importGitlabExpiration },
  zot: { recognises: isZotRetention, read: importZotRetention },
  artifactory: { recognises: isArtifactoryCleanup, read: importArtifactoryCleanup },
  github: { recognises: isGithubWorkflow, read: importGithubWorkflow },
  acr: { recognises: (_data, text) => isAcrPurge(text), read: importAcrPurge },
} as const satisfies Readonly<Record<string, Format>>;
export type FormatName = keyof typeof FORMATS;

const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

/**
 * The policies that say what the settings of a registry or a tool say, or less. Throws `USAGE` where it is not known what settings they
 * are, and `POLICY_INVALID` with every place that is not understood.
 */
export function importPolicies(source: Source, from: FormatName | undefined, ground: ImportGround): ImportedPolicy[] {
  const { data, problems } = parseYaml(source);
  const name = from ?? FORMAT_NAMES.find((one) => FORMATS[one].recognises(data, source.text));
  if (name === undefined) {
    const elsewhere = ELSEWHERE.find(([text]) => text.test(source.text))?.[1];
    if (elsewhere !== undefined)
      throw new ToolError('USAGE', `${source.file}: no settings are recognised that could be imported.`, { hint: elsewhere });
    if (data === undefined && problems.length > 0) throw settingsError(problems);
    throw new ToolError('USAGE', `${source.file}: no settings are recognised that could be imported.`, {
      hint: `Say what they are with --from ${FORMAT_NAMES.join('|')}, and what is expected of them will be told.`,
    });
  }
  return FORMATS[name].read(source, data, ground);
}
