import * as z from 'zod';
import { plainWords } from '../config/plain-words.ts';
import { makeSource, type Source } from '../diagnostics/source.ts';
import type { Problem } from '../diagnostics/source-error.ts';
import { importEcrLifecycle } from './ecr-lifecycle.ts';
import { importGarCleanup } from './gar-cleanup.ts';
import { importHarborRetention } from './harbor-retention.ts';
import { Expression, type HclObject, type HclValue } from './hcl-value.ts';
import type { ImportedPolicy, ImportGround } from './imported-policy.ts';
import { settingsError } from './parse-settings.ts';
import { type TerraformResource, terraformResources } from './terraform-resources.ts';

// The resources of the providers hashicorp/aws and hashicorp/google, and of goharbor/harbor (provider/resource_retention_policy.go and
// client/retention_policy.go: what is 0, false or "" is not given). They become what the API of each registry takes, and are read as that.
const given = { n: z.number().optional(), text: z.string().optional(), flag: z.boolean().optional() };
const selectors = { repo_matching: given.text, repo_excluding: given.text, tag_matching: given.text, tag_excluding: given.text };
const HarborRule = z.strictObject({
  disabled: given.flag,
  n_days_since_last_pull: given.n,
  n_days_since_last_push: given.n,
  most_recently_pulled: given.n,
  most_recently_pushed: given.n,
  always_retain: given.flag,
  untagged_artifacts: z.boolean().default(true),
  ...selectors,
});
const HarborRetention = z.strictObject({
  id: given.text,
  scope: z.unknown().optional(),
  schedule: z.unknown().optional(),
  rule: z.array(HarborRule).min(1),
});
const HarborImmutable = z.strictObject({
  id: given.text,
  project_id: z.unknown().optional(),
  disabled: z.boolean().default(false),
  ...selectors,
});
const one = <Schema extends z.ZodType>(schema: Schema): z.ZodPipe<z.ZodArray<Schema>, z.ZodTransform> =>
  z
    .array(schema)
    .max(1)
    .transform(([first]) => first);
const prefixes = z.array(z.string()).optional();
const GarPolicy = z.strictObject({
  id: z.string(),
  action: z.string(),
  condition: one(
    z.strictObject({
      tag_state: given.text,
      tag_prefixes: prefixes,
      version_name_prefixes: prefixes,
      package_name_prefixes: prefixes,
      older_than: given.text,
      newer_than: given.text,
    }),
  ).optional(),
  most_recent_versions: one(z.strictObject({ package_name_prefixes: prefixes, keep_count: given.n })).optional(),
});
const GarRepository = z.looseObject({ cleanup_policies: z.array(GarPolicy).min(1), cleanup_policy_dry_run: given.flag });
const EcrDocument = z.object({
  rule: z
    .array(
      z.strictObject({
        priority: z.int(),
        description: given.text,
        selection: one(
          z.strictObject({
            tag_status: z.string(),
            tag_prefix_list: prefixes,
            tag_pattern_list: prefixes,
            storage_class: given.text,
            count_type: z.string(),
            count_unit: given.text,
            count_number: z.int(),
          }),
        ),
        action: one(z.strictObject({ type: z.string().default('expire'), target_storage_class: given.text })).optional(),
      }),
    )
    .min(1),
});

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
    const text = typeof policy === 'string' ? policy : JSON.stringify(policyOf(resource, policy, all), undefined, 2);
    const source = makeSource(`${file} (${resource.address})`, text);
    const name = of ?? nameOf(repository, all);
    return { name, policies: importEcrLifecycle(source, undefined, { of: name }) };
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
    return { name, policies: importHarborRetention(sourceOf(file, resource, data), data, { of: name }) };
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
    return { name, policies: importHarborRetention(sourceOf(file, resource, data), data, { of: name }), isBesides: true };
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
    return { name: of ?? data.name, policies: importGarCleanup(sourceOf(file, resource, data), data, { of }) };
  },
};

const SHOW = 'import what "terraform show -json" prints of the state or a plan, or write the value';

/** What the files of Terraform, or its state or plan, say of the registries' own retention. */
export function importTerraform(source: Source, data: unknown, ground: ImportGround): ImportedPolicy[] {
  const all = terraformResources(source, data);
  const imported = all.flatMap((resource) => {
    const filledIn = ['rule', 'cleanup_policies'].find((block) => `dynamic "${block}"` in resource.values);
    const importResource = TYPES[resource.type];
    if (importResource && filledIn !== undefined) throw settingsError([resource.problem(`Terraform fills in its "${filledIn}": ${SHOW}`)]);
    const found = importResource?.(resource, all, ground, source.file);
    return found ? [{ ...found, resource }] : [];
  });
  const ofOne = imported.filter(({ isBesides }) => !isBesides);
  const problems = ofOne.flatMap(({ name, resource }, index) => {
    const other = ofOne.slice(0, index).find((before) => before.resource.type === resource.type && before.name === name);
    if (!other) return [];
    const what = name === undefined ? 'only Terraform knows what it is for' : `it is for ${name}`;
    return [resource.problem(`${what}, as of ${other.resource.address} above, and one policy cannot be both: ${SHOW}`)];
  });
  if (problems.length > 0) throw settingsError(problems);
  // Those that may be for anything are asked last.
  if (imported.length > 0) return imported.toSorted((a, b) => Number(!a.name) - Number(!b.name)).flatMap(({ policies }) => policies);
  const message = `no resource with retention is in it: ${Object.keys(TYPES).join(', ')} (with cleanup_policies)`;
  throw settingsError([all[0]?.problem(message) ?? { file: source.file, line: 1, column: 1, endColumn: 2, message, frame: '' }]);
}

function sourceOf(file: string, { address }: TerraformResource, data: unknown): Source {
  return makeSource(`${file} (${address})`, JSON.stringify(data, undefined, 2));
}

/** The values of a resource by a schema. Throws `POLICY_INVALID` for what the schema does not know, and for what only Terraform knows. */
function checked<Schema extends z.ZodType>({ values, problem }: TerraformResource, schema: Schema): z.output<Schema> {
  const read = schema.safeParse(values, { error: plainWords });
  if (read.success) return read.data;
  throw settingsError(
    read.error.issues.map(({ path, message }): Problem => {
      const found = path.reduce<HclValue | undefined>(
        (value, key) => (value instanceof Expression ? value : (value as HclObject | undefined)?.[key as string]),
        values,
      );
      if (found instanceof Expression) return problem(unknownHere(found), found);
      return problem(path.length === 0 ? message : `${path.join('.')}: ${message}`);
    }),
  );
}

function unknownHere({ text }: Expression): string {
  return `what ${text} is, only Terraform knows: ${SHOW}`;
}

/** The lifecycle policy of ECR that an attribute is set to: by jsonencode, or by a document of the same file. */
function policyOf(resource: TerraformResource, policy: HclValue | undefined, all: readonly TerraformResource[]): unknown {
  if (!(policy instanceof Expression)) throw settingsError([resource.problem('it has no policy')]);
  if (policy.encoded !== undefined) return plain(resource, policy.encoded);
  const [, address] = /^(data\.aws_ecr_lifecycle_policy_document\.[\w-]+)\.json$/.exec(policy.text) ?? [];
  const document = all.find((other) => other.address === address);
  if (!document) throw settingsError([resource.problem(unknownHere(policy), policy)]);
  return {
    rules: checked(document, EcrDocument).rule.map(({ priority, description, selection, action }) => ({
      rulePriority: priority,
      ...(description !== undefined && { description }),
      selection: camelCased(selection),
      action: camelCased(action ?? { type: 'expire' }),
    })),
  };
}

/** Data without expressions. Throws `POLICY_INVALID` with the place of each. */
function plain(resource: TerraformResource, value: HclValue): unknown {
  if (value instanceof Expression) throw settingsError([resource.problem(unknownHere(value), value)]);
  if (Array.isArray(value)) return value.map((each: HclValue) => plain(resource, each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value as HclObject).map(([key, each]) => [key, plain(resource, each)]));
}

/**
 * The name that an attribute names: itself, or that of the resource of the same file that it refers to (`aws_ecr_repository.app.name`,
 * `harbor_project.main.id`, in a state `/projects/3`). Undefined where only Terraform knows it.
 */
function nameOf(value: HclValue | undefined, all: readonly TerraformResource[]): string | undefined {
  if (value instanceof Expression) {
    const [, address] = /^([a-z0-9_]+\.[\w-]+)\.(?:id|name|repository_id|project_id)$/.exec(value.text) ?? [];
    const values = all.find((other) => other.address === address)?.values;
    const name = values?.['name'] ?? values?.['repository_id'];
    return typeof name === 'string' ? name : undefined;
  }
  if (typeof value !== 'string' || value === '') return undefined;
  if (!/^(?:\/projects\/)?\d+$/.test(value)) return value;
  const id = value.replace('/projects/', '');
  const project = all.find(
    ({ type, values }) => type === 'harbor_project' && `${values['project_id'] ?? values['id']}`.replace('/projects/', '') === id,
  );
  const name = project?.values['name'];
  return typeof name === 'string' ? name : undefined;
}

/** The template of a rule of Harbor and its number, in the order in which the provider looks for them. */
function templateOf(rule: z.infer<typeof HarborRule>): [string?, number?] {
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

/** Keys as the API has them: `countType` for `count_type`; what is empty is not there. */
function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      const isAbsent = each === undefined || each === '' || (Array.isArray(each) && each.length === 0);
      return isAbsent ? [] : [[key.replaceAll(/_([a-z])/g, (_found, letter: string) => letter.toUpperCase()), camelCased(each)]];
    }),
  );
}
