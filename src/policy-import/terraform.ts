import { importEcrLifecycle, isEcrLifecycle } from './ecr-lifecycle.ts';
import { importGarCleanup } from './gar-cleanup.ts';
import { importGitlabExpiration } from './gitlab-expiration.ts';
import { importHarborRetention } from './harbor-retention.ts';
import { Expression, type HclObject, type HclValue } from './hcl-value.ts';
import type { ImportedPolicy, ImportGround } from './imported-policy.ts';
import { settingsError } from './parse-settings.ts';
import { GarRepository, GitlabProject, HarborImmutable, HarborRetention, type HarborRule, type selectors } from './settings/terraform.ts';
import { type TerraformResource, terraformResources } from './terraform-resources.ts';
import { asText, camelCased, checked, nameOf, plain, policyOf, readPart, SHOW } from './terraform-values.ts';
import type { Source } from '../diagnostics/source.ts';
import { isObject } from '../domain/json.ts';

interface Imported {
  /** What it is for; undefined where only Terraform knows it. */
  readonly name: string | undefined;
  readonly policies: ImportedPolicy[];
  /** True of what several resources may say of one thing. */
  readonly isBesides?: boolean;
}

/** How each type of resource is imported; undefined for one that says nothing of images. */
const TYPES: Readonly<
  Record<
    string,
    (resource: TerraformResource, all: readonly TerraformResource[], ground: ImportGround, file: string) => Imported | undefined
  >
> = {
  aws_ecr_lifecycle_policy: (resource, all, { of }, file) => {
    const { policy, repository } = resource.values;
    const name = of ?? nameOf(repository, all);
    const text = policyOf(resource, policy, all);
    return { name, policies: readPart(file, resource, text, (source) => importEcrLifecycle(source, undefined, { of: name })) };
  },
  harbor_retention_policy: (resource, all, { of }, file) => {
    const { rule, scope } = checked(resource, HarborRetention);
    const rules = rule.map((values, index) => {
      const [template, number] = templateOf(values);
      if (template === undefined) throw settingsError([resource.problem(`rule ${index + 1} says nothing that it keeps`)]);
      return {
        ...(values.disabled && { disabled: true }),
        action: 'retain',
        template,
        params: number === undefined ? {} : { [template]: number },
        ...selectorsOf(resource, values, JSON.stringify({ untagged: values.untagged_artifacts })),
      };
    });
    const data = { algorithm: 'or', rules };
    const name = of ?? nameOf(scope as HclValue, all);
    return { name, policies: readPart(file, resource, asText(data), (source) => importHarborRetention(source, data, { of: name })) };
  },
  harbor_immutable_tag_rule: (resource, all, { of }, file) => {
    const { project_id: project, disabled, ...values } = checked(resource, HarborImmutable);
    // Versions of the provider take one of both: what either names is protected.
    const both =
      values.tag_matching && values.tag_excluding
        ? [
            { ...values, tag_excluding: '' },
            { ...values, tag_matching: '' },
          ]
        : [values];
    const data = both.map((each) => ({ action: 'immutable', template: 'immutable_template', disabled, ...selectorsOf(resource, each) }));
    const name = of ?? nameOf(project as HclValue, all);
    const policies = readPart(file, resource, asText(data), (source) => importHarborRetention(source, data, { of: name }));
    return { name, policies, isBesides: true };
  },
  google_artifact_registry_repository: (resource, all, { of }, file) => {
    const { format, repository_id: id, project } = resource.values;
    if (resource.values['cleanup_policies'] === undefined || (typeof format === 'string' && format.toUpperCase() !== 'DOCKER'))
      return undefined;
    const { cleanup_policies: policies, cleanup_policy_dry_run: cleanupPolicyDryRun } = checked(resource, GarRepository);
    const repository = nameOf(id, all);
    const data = {
      // "-" is any project.
      ...(repository !== undefined && { name: `projects/${nameOf(project, all) ?? '-'}/locations/-/repositories/${repository}` }),
      ...(cleanupPolicyDryRun && { cleanupPolicyDryRun }),
      cleanupPolicies: Object.fromEntries(policies.map(({ id: name, ...policy }) => [name, camelCased(policy)])),
    };
    return {
      name: of ?? data.name,
      policies: readPart(file, resource, asText(data), (source) => importGarCleanup(source, data, { of })),
    };
  },
  gitlab_project: (resource, all, { of }, file) => {
    const { path_with_namespace: path } = resource.values;
    if (resource.values['container_expiration_policy'] === undefined) return undefined;
    const { container_expiration_policy: policy } = checked(resource, GitlabProject);
    const name = of ?? nameOf(path, all);
    return {
      name,
      policies: readPart(file, resource, asText(policy), (source) => importGitlabExpiration(source, policy, { of: name })),
    };
  },
  module: (resource, all, { of }, file) => {
    const { values } = resource;
    const [given] = Object.values(values).filter(isLifecyclePolicy);
    if (given !== undefined) {
      const name = of ?? nameOf(values['repository_name'] ?? values['name'], all);
      const text = policyOf(resource, given, all);
      return { name, policies: readPart(file, resource, text, (source) => importEcrLifecycle(source, undefined, { of: name })) };
    }
    const { cleanup_policies: policies, cleanup_policy_dry_run: cleanupPolicyDryRun } = values;
    if (!isNamedPolicies(policies)) return undefined;
    const [project, repository] = [nameOf(values['project_id'] ?? values['project'], all), nameOf(values['repository_id'], all)];
    const data = {
      ...(repository !== undefined && { name: `projects/${project ?? '-'}/locations/-/repositories/${repository}` }),
      ...(cleanupPolicyDryRun === true && { cleanupPolicyDryRun }),
      cleanupPolicies: camelCased(plain(resource, policies)),
    };
    return {
      name: of ?? data.name,
      policies: readPart(file, resource, asText(data), (source) => importGarCleanup(source, data, { of })),
    };
  },
};

const RESOURCES = Object.keys(TYPES).filter((type) => type !== 'module');

/** True of what a module is given that is a lifecycle policy of ECR: as text, or by jsonencode. */
function isLifecyclePolicy(value: HclValue): boolean {
  const encoded = value instanceof Expression ? value.encoded : typeof value === 'string' ? parsed(value) : undefined;
  return isEcrLifecycle(encoded);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True of cleanup policies of Artifact Registry by their names, as its module takes them. */
function isNamedPolicies(value: HclValue | undefined): value is HclObject {
  return isObject(value) && !(value instanceof Expression) && Object.values(value).some((one) => isObject(one) && 'action' in one);
}

/** True of two that say the same of the same. */
function isSame(one: Imported, other: Imported): boolean {
  return one.name === other.name && JSON.stringify(one.policies) === JSON.stringify(other.policies);
}

/** What the files of Terraform, or its state or plan, say of the registries' own retention. */
export function importTerraform(source: Source, data: unknown, ground: ImportGround): ImportedPolicy[] {
  const all = terraformResources(source, data);
  const imported = all.flatMap((resource) => {
    const filledIn = ['rule', 'cleanup_policies', 'container_expiration_policy'].find((block) => `dynamic "${block}"` in resource.values);
    const importResource = TYPES[resource.type];
    if (importResource && filledIn !== undefined) throw settingsError([resource.problem(`Terraform fills in its "${filledIn}": ${SHOW}`)]);
    const found = importResource?.(resource, all, ground, source.file);
    return found ? [{ ...found, resource }] : [];
  });
  const ofAll = imported.filter(({ isBesides }) => !isBesides);
  // Several may say the same of what nobody knows here.
  const ofOne = ofAll.filter((one, index) => !ofAll.slice(0, index).some((other) => isSame(one, other)));
  const problems = ofOne.flatMap(({ name, resource }, index) => {
    const other = ofOne.slice(0, index).find((before) => before.resource.type === resource.type && before.name === name);
    if (!other) return [];
    const what = name === undefined ? 'only Terraform knows what it is for' : `it is for ${name}`;
    return [resource.problem(`${what}, as of ${other.resource.address} above, and one policy cannot be both: ${SHOW}`)];
  });
  if (problems.length > 0) throw settingsError(problems);
  // Those that may be for anything are asked last.
  const distinct = imported.filter((one) => one.isBesides || ofOne.includes(one));
  if (distinct.length > 0) return distinct.toSorted((a, b) => Number(!a.name) - Number(!b.name)).flatMap(({ policies }) => policies);
  const task = all.find(({ type }) => type === 'azurerm_container_registry_task');
  const message = task
    ? 'a task is imported by its commands: with --from acr where acr purge stands in this file; else from its task_content, decoded'
    : `no resource with retention is in it: ${RESOURCES.join(', ')}; what a module makes of its inputs, "terraform show -json" prints`;
  throw settingsError([(task ?? all[0])?.problem(message) ?? { file: source.file, line: 1, column: 1, endColumn: 2, message, frame: '' }]);
}

/** The template of a rule of Harbor and its number, in the order in which the provider looks for them. */
function templateOf(rule: HarborRule): [string?, number?] {
  if (rule.n_days_since_last_pull) return ['nDaysSinceLastPull', rule.n_days_since_last_pull];
  if (rule.n_days_since_last_push) return ['nDaysSinceLastPush', rule.n_days_since_last_push];
  if (rule.most_recently_pulled) return ['latestPulledN', rule.most_recently_pulled];
  if (rule.most_recently_pushed) return ['latestPushedK', rule.most_recently_pushed];
  return rule.always_retain ? ['always'] : [];
}

function selectorsOf(
  resource: TerraformResource,
  values: { readonly [Name in keyof typeof selectors]?: string | undefined },
  extras?: string,
): object {
  const { tag_matching: tags, tag_excluding: notTags, repo_matching: repositories, repo_excluding: notRepositories } = values;
  if (!(tags || notTags) || !(repositories || notRepositories))
    throw settingsError([
      resource.problem('one of tag_matching and tag_excluding, and one of repo_matching and repo_excluding must say what it is for'),
    ]);
  return {
    tag_selectors: [
      {
        kind: 'doublestar',
        decoration: notTags ? 'excludes' : 'matches',
        pattern: notTags || tags,
        ...(extras !== undefined && { extras }),
      },
    ],
    scope_selectors: {
      repository: [
        { kind: 'doublestar', decoration: notRepositories ? 'repoExcludes' : 'repoMatches', pattern: notRepositories || repositories },
      ],
    },
  };
}
