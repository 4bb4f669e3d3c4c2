import { Command, Option } from 'commander';
import { examples } from '../help.ts';
import { CHECK_FORMS } from '../../run/check-forms.ts';
import { IMPORT_FORMATS } from '../../run/import-formats.ts';
import type { CheckOptions } from '../../run/policy.ts';
import type { DiffOptions } from '../../run/policy-diff.ts';
import type { ImportOptions } from '../../run/import-policy.ts';
import type { TestOptions } from '../../run/policy-test.ts';
import type { TryOptions } from '../../run/policy-try.ts';
import type { CommandContext } from '../command-context.ts';
import { age, labels } from '../option-values.ts';
import { addSourceOptions, outOption, outputOption } from '../shared-options.ts';

/** `policy`: the policy workbench. */
export function policyCommand(context: CommandContext): Command {
  const policy = new Command('policy')
    .summary('check, test, try, compare and import policies, print their schema')
    .description(
      'Works on policy files: finds their mistakes, decides cases of yours, and shows what a change of them would delete.\n\n' +
        examples(context.io.program, [
          ['find every mistake', 'policy check policies/*.yaml'],
          ['what does my change do?', 'policy diff main:policy.yaml policy.yaml --registry registry.example.com'],
          ['take over what a registry does by itself', 'policy import lifecycle.json > policy.yaml'],
        ]),
    )
    .helpCommand(false);
  policy
    .command('check')
    .summary('find every mistake in policy files')
    .description(
      'Reads policy files and says all that is wrong with them, each at its line.\n\n' +
        examples(context.io.program, [
          ['every policy of a repository', 'policy check policies/*.yaml'],
          ['in a pipeline, with annotations at the lines', 'policy check policies/*.yaml -o github'],
          ['what another program writes, on standard input', 'policy check - < policy.yaml'],
        ]),
    )
    .argument('<file...>', 'policy files; - is standard input')
    .addOption(outputOption(...CHECK_FORMS))
    .addOption(outOption())
    .action(async (files: string[], _options, self: Command) => {
      const { checkPolicies } = await import('../../run/policy.ts');
      context.end(await checkPolicies(files, self.optsWithGlobals<CheckOptions>(), context));
    });
  policy
    .command('test')
    .summary('decide cases of your own, and compare with what is expected')
    .description(
      'Decides what is there in each case by its policy, and compares with what is expected. Cases stand beside the policy, those of ' +
        'releases.yaml in releases.test.yaml: images with their ages, or an inventory, and what is to become of each tag. A folder ' +
        'with inventory.json and expected.json ({"given": {"now": TIME}, "images": {TAG: [ACTION, REASON…]}}) is a case too. What ' +
        'goes and is not named is a failure; a case that fails shows all that decided about its images.\n\n' +
        examples(context.io.program, [
          ['the cases of one policy', 'policy test policies/releases.test.yaml'],
          ['every case below a folder, in a pipeline', 'policy test policies -o text -o junit=report.xml'],
          ['write what is found in place of what is expected, and look at the difference', 'policy test policies --update'],
        ]),
    )
    .argument('<file|folder...>', 'files of cases, *.test.yaml, or folders of cases')
    .option('--update', 'write what is found into the files in place of what is expected; comments stay')
    .addOption(outputOption('text', 'junit'))
    .addOption(outOption())
    .action(async (places: string[], _options, self: Command) => {
      const { testPolicies } = await import('../../run/policy-test.ts');
      context.end(await testPolicies(places, self.optsWithGlobals<TestOptions>(), context));
    });
  policy
    .command('try')
    .summary('what a policy decides about a tag')
    .description(
      'Tries tags against a policy, each alone in a repository that it governs, and shows all that decides about them. Alone, every tag ' +
        'is the newest: what would become of it behind newer ones is told too.\n\n' +
        examples(context.io.program, [
          ['would it stay?', 'policy try policies/releases.yaml v1.2.3 --age 40d'],
          ['by its last pull and its labels', 'policy try policy.yaml main-3f2a9c1 --age 40d --pulled 3d --label keep=true'],
        ]),
    )
    .argument('<policy>', 'the policy file')
    .argument('<tag...>', 'tags')
    .option('--age <age>', 'how long ago it was pushed; without it, nobody knows', age)
    .option('--created <age>', 'how long ago it was built; default as --age', age)
    .option('--pulled <age>', 'how long ago it was last pulled; default never', age)
    .option('--label <name=value>', 'a label that it has; may be repeated', labels)
    .option('--repository <name>', 'the repository that it is in; default one that the first policy governs')
    .action(async (file: string, tags: string[], _options, self: Command) => {
      const { tryTags } = await import('../../run/policy-try.ts');
      context.end(await tryTags(file, tags, self.optsWithGlobals<TryOptions>(), context));
    });
  policy.addCommand(diffCommand(context));
  policy
    .command('schema')
    .summary('print the JSON Schema of policy files')
    .description(
      'Prints the JSON Schema of policy files, for editors: it is the same as policies/policy.schema.json of this version.\n\n' +
        examples(context.io.program, [
          ['beside the policies, whose first line names it', 'policy schema > policies/policy.schema.json'],
          ['that of their cases', 'policy schema --tests > policies/policy-test.schema.json'],
        ]),
    )
    .option('--tests', 'of files of cases, *.test.yaml')
    .action(async (_options, self: Command) => {
      const { printSchema } = await import('../../run/policy.ts');
      context.end(printSchema(self.opts(), context));
    });
  policy
    .command('import')
    .summary("write a policy from a registry's own retention, or from another tool's")
    .description(
      'Writes a policy that says what other settings say: a lifecycle policy of ECR, also in CloudFormation, tag retention and ' +
        'immutable tags of Harbor, cleanup policies of Artifact Registry, a cleanup policy of GitLab, all of these also in files, ' +
        'states and plans of Terraform, commands of ' +
        'acr purge, auto-prune policies of Quay, the configuration of zot, the policies of artifactory-cleanup, steps of a GitHub ' +
        'workflow. A comment above each rule says where it comes from, and where its meaning differs. What cannot be said keeps ' +
        'everything, and what is not understood is an error.\n\n' +
        examples(context.io.program, [
          ['from what "aws ecr get-lifecycle-policy" printed', 'policy import lifecycle.json > policy.yaml'],
          ['from Harbor, for the project library', 'policy import retention.json --of library --out policy.yaml'],
          ['from a task of ACR', 'policy import acr-task.yaml'],
          ['with cases for "policy test"', 'policy import lifecycle.json --out policy.yaml --tests policy.test.yaml'],
          ['from Terraform, with every value filled in', 'policy import state.json --from terraform --out policy.yaml'],
        ]),
    )
    .argument('<file...>', 'files with settings, as JSON, YAML, Terraform or command lines; - is standard input')
    .addOption(new Option('--from <kind>', 'what they are, where their content does not tell').choices(IMPORT_FORMATS))
    .option('--of <path>', 'the repository, project or organization that they are of, such as team/app')
    .option(
      '--tests <file>',
      'write cases for "policy test" besides, in a file *.test.yaml: what becomes of images at the borders of each rule',
    )
    .addOption(outOption())
    .action(async (files: string[], _options, self: Command) => {
      const { importPolicy } = await import('../../run/import-policy.ts');
      context.end(await importPolicy(files, self.optsWithGlobals<ImportOptions>(), context));
    });
  return policy;
}

function diffCommand(context: CommandContext): Command {
  const diff = new Command('diff')
    .summary('what a change of a policy would delete or keep')
    .description(
      'Plans by two policies what registries have, read once, or what an inventory holds, and shows what goes more and less: by each ' +
        'rule, in each repository, and each image that is decided differently, with both reasons. Either policy is a file, or ' +
        'REVISION:PATH in the git repository that this runs in. Where the config names one of them, its other policies decide too.\n\n' +
        examples(context.io.program, [
          ['what does my change do?', 'policy diff main:policies/app.yaml policies/app.yaml --registry registry.example.com'],
          ['offline, by what "inventory" has written', 'policy diff old.yaml new.yaml --inventory inventory.json'],
          [
            'in a pipeline: a comment for the pull request, and exit 2 where more is deleted',
            'policy diff origin/main:policy.yaml policy.yaml --detailed-exitcode -o markdown=diff.md',
          ],
        ]),
    )
    .argument('<old>', 'the policy before the change: a file, or REVISION:PATH')
    .argument('<new>', 'the policy after it')
    .argument('[registry/repo...]', 'repositories (globs too) or whole registries; without any: every registry of the config');
  addSourceOptions(diff);
  return diff
    .optionsGroup('What is written:')
    .addOption(outputOption('table', 'json', 'yaml', 'markdown'))
    .addOption(outOption())
    .option('--detailed-exitcode', 'exit 2 if anything goes by the new policy that stays by the old one')
    .action(async (before: string, after: string, targets: string[], _options, self: Command) => {
      const { diffPolicies } = await import('../../run/policy-diff.ts');
      context.end(await diffPolicies(before, after, targets, self.optsWithGlobals<DiffOptions>(), context));
    });
}
