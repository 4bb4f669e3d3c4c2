import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../../src/config/policy-source.ts';
import { makeSource } from '../../../src/diagnostics/source.ts';
import { parseHcl } from '../../../src/policy-import/hcl.ts';
import { Expression } from '../../../src/policy-import/hcl-value.ts';
import { importPolicies } from '../../../src/policy-import/policy-formats.ts';
import { policyText } from '../../../src/policy-import/policy-text.ts';
import { settled } from '../../../src/policy-import/settled.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';

async function imported(settings: unknown, of?: string): Promise<readonly PolicySpec[]> {
  const source = makeSource('main.tf', typeof settings === 'string' ? settings : JSON.stringify(settings));
  const text = policyText(settled(importPolicies(source, undefined, { of })), 'main.tf');
  return (await loadPolicies([makeSource('imported', text)])).map(({ spec }) => spec);
}

const ANY_10 = {
  rulePriority: 1,
  action: { type: 'expire' },
  selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 },
};

/** A rule of ECR as jsonencode has it. */
function ecrRule(action: string, number = '5'): string {
  const selection = `{ tagStatus = "any", countType = "imageCountMoreThan", countNumber = ${number} }`;
  return `{ rulePriority = 1, action = { type = ${action} }, selection = ${selection} }`;
}

describe('a file of Terraform', () => {
  test('has blocks in blocks, text in several forms, and expressions, which are not worked out', () => {
    const text = String.raw`
# a comment with a "quote
resource "a" "b" {   // { another
  text    = "a\tb \"c\" $@{no} \u00e9"
  list    = ["x", 1.5, true, # last
    null]
  object  = { one = 1, "two" : [2]
    three = var.x }
  heredoc = <<-EOT
      first
        second
    EOT
  encoded = jsonencode({ a = "b" })
  asked   = var.on ? "a" : { b = "}" }
  joined  = "@{var.a}-x"
  looped  = [for name in var.names : upper(name)]
  /* } */
  inner { count = 1 }
  inner {
    deeper "label" { x = -1 }
  }
}
`.replaceAll('@', '$');
    const blocks = parseHcl(makeSource('main.tf', text));
    expect(blocks).toMatchObject([{ type: 'resource', labels: ['a', 'b'] }]);
    const [{ body }] = blocks as unknown as [{ body: Record<string, unknown> }];
    const expression = (words: string): unknown => expect.objectContaining({ text: words });
    expect(body).toEqual({
      text: 'a\tb "c" $@{no} é'.replace('$@', '$'),
      list: ['x', 1.5, true, null],
      object: { one: 1, two: [2], three: expression('var.x') },
      heredoc: 'first\n  second\n',
      encoded: expect.objectContaining({ encoded: { a: 'b' } }),
      asked: expression('var.on ? "a" : { b = "}" }'),
      joined: expression('"@{var.a}-x"'.replace('@', '$')),
      looped: expression('[for name in var.names : upper(name)]'),
      inner: [{ count: 1 }, { 'deeper "label"': [{ x: -1 }] }],
    });
    expect(body['joined']).toBeInstanceOf(Expression);
  });

  test.for([
    ['resource "a" "b" {\n  x = "\n}', /main\.tf:2:7: .*a quote is not closed/],
    ['resource "a" "b" {\n  x = 1\n', /it ends where a "\}" is missing/],
    ['resource "a" "b" {\n  x = (1\n}', /a bracket is not closed/],
    [`resource "a" "b" ${'{ x '.repeat(100)}`, /nested too deep/],
  ] as const)('is told where it is not understood: %j', async ([text, message]) => {
    await expect(imported(text)).rejects.toThrow(message);
  });

  test('a lifecycle policy of ECR, by jsonencode, as text or by a document, for the repository that it names', async () => {
    const policies = await imported(`
      resource "aws_ecr_repository" "app" { name = "team/app" }
      resource "aws_ecr_lifecycle_policy" "app" {
        repository = aws_ecr_repository.app.name
        policy = jsonencode({ rules = [{ rulePriority = 1, action = { type = "expire" }
          selection = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 10 } }] })
      }
      resource "aws_ecr_lifecycle_policy" "text" {
        repository = "text"
        policy     = <<EOF
${JSON.stringify({ rules: [ANY_10] }, undefined, 2)}
EOF
      }
      data "aws_ecr_lifecycle_policy_document" "keep" {
        rule {
          priority = 1
          selection {
            tag_status      = "tagged"
            tag_prefix_list = ["v"]
            count_type      = "imageCountMoreThan"
            count_number    = 30
          }
        }
      }
      resource "aws_ecr_lifecycle_policy" "document" {
        repository = "document"
        policy     = data.aws_ecr_lifecycle_policy_document.keep.json
      }`);
    expect(policies).toMatchObject([
      { repositories: ['team/app'], rules: [{ tags: ['**'], untagged: 'too', keep: { last: 10 } }] },
      { repositories: ['text'], rules: [{ tags: ['**'], untagged: 'too', keep: { last: 10 } }] },
      { repositories: ['document'], rules: [{ tags: ['v*'], keep: { last: 30 } }] },
    ]);
  });

  test('a retention of Harbor, with its immutable tags', async () => {
    const policies = await imported(`
      resource "harbor_project" "main" { name = "library" }
      resource "harbor_retention_policy" "main" {
        scope    = harbor_project.main.id
        schedule = "Daily"
        rule {
          n_days_since_last_pull = 0
          most_recently_pushed   = 5
          repo_matching          = "**"
          tag_excluding          = "dev-*"
          untagged_artifacts     = false
        }
        rule {
          disabled               = true
          always_retain          = true
          repo_matching          = "**"
          tag_matching           = "**"
        }
      }
      resource "harbor_immutable_tag_rule" "main" {
        project_id    = harbor_project.main.id
        repo_matching = "**"
        tag_matching  = "v*"
      }`);
    expect(policies).toMatchObject([
      {
        repositories: ['library/**'],
        protect: [{ tags: ['v*'], wholeImage: true }],
        rules: [
          { tags: ['**', '!dev-*'], keep: { last: 5 } },
          { name: 'all others', keep: 'none' },
          { untagged: true, keep: { last: 5 } },
        ],
      },
    ]);
  });

  test('cleanup policies of Artifact Registry', async () => {
    const policies = await imported(`
      resource "google_artifact_registry_repository" "images" {
        project       = "acme"
        repository_id = "images"
        format        = "DOCKER"
        cleanup_policies {
          id     = "old"
          action = "DELETE"
          condition {
            tag_state  = "UNTAGGED"
            older_than = "604800s"
          }
        }
        cleanup_policies {
          id     = "new"
          action = "KEEP"
          most_recent_versions { keep_count = 5 }
        }
      }
      resource "google_artifact_registry_repository" "jars" {
        repository_id = "jars"
        format        = "MAVEN"
        cleanup_policies {
          id     = "old"
          action = "DELETE"
        }
      }`);
    expect(policies).toMatchObject([
      { repositories: ['acme/images/**'], keepNewest: 5, rules: [{ untagged: true, keep: { days: 7, last: 5 } }] },
    ]);
  });

  test.for([
    ['a number that only Terraform knows', 'most_recently_pushed = var.keep', 'main.tf:4:26: what var.keep is, only Terraform knows'],
    ['what the provider does not know', 'most_recent_x_tags = 10', 'most_recent_x_tags'],
    ['a rule that keeps nothing', 'always_retain = false', 'rule 1 says nothing that it keeps'],
  ] as const)('%s is an error', async ([, line, message]) => {
    const selectors = 'repo_matching = "**"\n tag_matching = "**"';
    const text = `resource "harbor_retention_policy" "main" {\n scope = "/projects/3"\n rule {\n  ${line}\n ${selectors}\n }\n}`;
    await expect(imported(text)).rejects.toThrow(message);
  });

  test('what a registry does not take is told where it stands in the file', async () => {
    const text = 'resource "harbor_retention_policy" "main" {\n scope = "p"\n rule {\n  always_retain = true\n';
    await expect(imported(`${text}  tag_matching = "**"\n  repo_matching = "{**}"\n }\n}`)).rejects.toThrow(
      /main\.tf:6:19: has "\*\*" beside/,
    );
    const policy = (number: string): string =>
      `resource "aws_ecr_lifecycle_policy" "a" {\n policy = jsonencode({ rules = [\n  ${ecrRule('"expire"')},\n  ${ecrRule('"expire"', number)}\n ] })\n}`;
    await expect(imported(policy('5, countSince = "push"'))).rejects.toThrow(
      /main\.tf:4:\d+: unknown key "countSince"; known here: tagStatus,/,
    );
    await expect(imported(policy('0'))).rejects.toThrow(/main\.tf:4:\d+: must be 1 or more/);
    const state = {
      resource: {
        harbor_retention_policy: { a: { scope: 'p', rule: [{ always_retain: true, tag_matching: '**', repo_matching: '{**}' }] } },
      },
    };
    await expect(imported(state)).rejects.toThrow(/main\.tf:1:\d+: "\{\*\*\}": has "\*\*" beside/);
  });

  test('of a text over several lines, the part is told that only Terraform knows', async () => {
    const text = 'resource "aws_ecr_lifecycle_policy" "a" {\n policy = <<EOF\n{"rules":\n  [${var.rule}]}\nEOF\n}';
    await expect(imported(text)).rejects.toThrow(/main\.tf:4:4: what \$\{var\.rule\} is, only Terraform knows/);
    const call = 'resource "aws_ecr_lifecycle_policy" "a" {\n policy = templatefile("a.json", {\n  a = 1\n })\n}';
    await expect(imported(call)).rejects.toThrow(/main\.tf:2:11: what templatefile\("a\.json", \{ … is, only/);
  });

  test('a task of ACR leads to what imports it', async () => {
    const text = 'resource "azurerm_container_registry_task" "purge" {\n encoded_step {\n  task_content = base64encode("x")\n }\n}';
    await expect(imported(text)).rejects.toThrow('--from acr');
  });

  test('a cleanup policy of a project of GitLab', async () => {
    const project = (policy: string): string =>
      `resource "gitlab_project" "app" {\n name = "app"\n path_with_namespace = "acme/app"\n ${policy}\n}`;
    const policy =
      'container_expiration_policy {\n enabled = true\n cadence = "7d"\n keep_n = 5\n older_than = "30d"\n name_regex_delete = "dev-.*"\n}';
    expect(await imported(project(policy))).toMatchObject([
      { repositories: ['acme/app/**'], rules: [{ tags: ['latest'] }, { tags: ['dev-*'], keep: { last: 5, days: 30 } }] },
    ]);
    await expect(imported(project(policy.replace('5', 'var.n')))).rejects.toThrow('what var.n is, only Terraform knows');
    await expect(imported(project(''))).rejects.toThrow('no resource with retention is in it');
  });

  test('what a module is given as a policy is read: of ECR as JSON, of Artifact Registry by names', async () => {
    const policies = await imported(`
      module "ecr" {
        source = "terraform-aws-modules/ecr/aws"
        repository_name = "team/app"
        repository_lifecycle_policy = jsonencode({ rules = [${ecrRule('"expire"')}] })
      }
      module "registry" {
        source = "GoogleCloudPlatform/artifact-registry/google"
        project_id = "acme"
        repository_id = "images"
        cleanup_policies = { "old" = { action = "DELETE", condition = { tag_prefixes = ["dev"], older_than = "864000s" } } }
      }
      module "other" { source = "./vpc" }`);
    expect(policies).toMatchObject([
      { repositories: ['team/app'], rules: [{ tags: ['**'], untagged: 'too', keep: { last: 5 } }] },
      { repositories: ['acme/images/**'], rules: [{ tags: ['dev*'], keep: { days: 10 } }] },
    ]);
    expect(await imported(`inputs = {\n repository_lifecycle_policy = jsonencode({ rules = [${ecrRule('"expire"')}] })\n}`)).toMatchObject([
      { rules: [{ keep: { last: 5 } }] },
    ]);
    await expect(imported('module "other" {\n source = "./ecr"\n}')).rejects.toThrow('"terraform show -json" prints');
  });

  test('one policy for several repositories that only Terraform knows is read once', async () => {
    const one = (name: string): string =>
      `resource "aws_ecr_lifecycle_policy" "${name}" {\n repository = var.${name}\n policy = local.policy\n}\n`;
    const locals = `locals {\n policy = jsonencode(${JSON.stringify({ rules: [ANY_10] })})\n}\n`;
    expect(await imported(locals + one('a') + one('b'))).toMatchObject([{ rules: [{ keep: { last: 10 } }] }]);
  });

  test('rules that Terraform fills in, and two policies for what only it knows, are errors', async () => {
    const dynamic = 'resource "harbor_retention_policy" "main" {\n  scope = var.id\n  dynamic "rule" {\n    for_each = var.rules\n  }\n}';
    await expect(imported(dynamic)).rejects.toThrow('Terraform fills in its "rule": import what "terraform show -json" prints');
    const one = (name: string): string =>
      `resource "aws_ecr_lifecycle_policy" "${name}" {\n repository = var.${name}\n policy = ` +
      `jsonencode(${JSON.stringify({ rules: [ANY_10] })})\n}\n`;
    await expect(imported(one('a') + one('b').replace('10', '11'))).rejects.toThrow(
      /main\.tf:5:1: only Terraform knows what it is for, as of .*\.a above/,
    );
    expect(await imported(one('a'), 'team/app')).toMatchObject([{ repositories: ['team/app'] }]);
  });
});

test('what "terraform show -json" prints has every value, also in modules', async () => {
  const rule = {
    always_retain: false,
    most_recently_pushed: 5,
    n_days_since_last_pull: 0,
    n_days_since_last_push: null,
    repo_matching: '**',
    repo_excluding: '',
    tag_matching: '**',
    untagged_artifacts: true,
  };
  const managed = (type: string, values: object): object => ({ address: `module.a.${type}.a`, mode: 'managed', type, name: 'a', values });
  const resources = [
    managed('harbor_project', { id: '/projects/3', name: 'library' }),
    managed('harbor_retention_policy', { id: '/retentions/1', scope: '/projects/3', schedule: 'Daily', rule: [rule] }),
  ];
  const values = { root_module: { child_modules: [{ address: 'module.a', resources }] } };
  const expected = [
    {
      repositories: ['library/**'],
      rules: [
        { tags: ['**'], keep: { last: 5 } },
        { untagged: true, keep: { last: 5 } },
      ],
    },
  ];
  expect(await imported({ format_version: '1.0', terraform_version: '1.9.0', values })).toMatchObject(expected);
  expect(await imported({ format_version: '1.2', planned_values: values })).toMatchObject(expected);
});

test("Terraform's own syntax in JSON", async () => {
  const resource = {
    aws_ecr_repository: { app: { name: 'team/app' } },
    aws_ecr_lifecycle_policy: {
      app: { repository: '@{aws_ecr_repository.app.name}'.replace('@', '$'), policy: JSON.stringify({ rules: [ANY_10] }) },
    },
  };
  expect(await imported({ resource })).toMatchObject([{ repositories: ['team/app'], rules: [{ keep: { last: 10 } }] }]);
});
