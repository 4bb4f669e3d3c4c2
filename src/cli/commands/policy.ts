import { Command } from 'commander';
import { examples } from '../help.ts';
import { CHECK_FORMS } from '../../run/check-forms.ts';
import type { CheckOptions } from '../../run/policy.ts';
import type { DiffOptions } from '../../run/policy-diff.ts';
import type { TestOptions } from '../../run/policy-test.ts';
import type { CommandContext } from '../command-context.ts';
import { inUseOption, outOption, outputOption } from '../shared-options.ts';

/** `policy`: the policy workbench. */
export function policyCommand(context: CommandContext): Command {
  const policy = new Command('policy')
    .summary('check, test and compare policies, print their schema')
    .description('Works on policy files, without any registry.')
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
    .summary('decide the cases of a folder, and compare with what is expected')
    .description(
      'Decides the inventory of each case by its policy, and compares with what is expected. A case is a folder with inventory.json, ' +
        'expected.json ({"given": {"now": TIME}, "images": {TAG: [ACTION, REASON…]}}), policy.yaml (or "policy": FILE in expected.json) ' +
        'and, where something runs, in-use.txt. What goes and is not named is a failure.\n\n' +
        examples(context.io.program, [
          ['every case below a folder', 'policy test policies/tests'],
          ['in a pipeline', 'policy test policies/tests -o text -o junit=report.xml'],
        ]),
    )
    .argument('<folder...>', 'folders of cases')
    .addOption(outputOption('text', 'junit'))
    .addOption(outOption())
    .action(async (folders: string[], _options, self: Command) => {
      const { testPolicies } = await import('../../run/policy-test.ts');
      context.end(await testPolicies(folders, self.optsWithGlobals<TestOptions>(), context));
    });
  policy
    .command('diff')
    .summary('what a change of a policy would delete or keep')
    .description(
      'Plans an inventory by two policy files, and shows each image that is decided differently, with both reasons.\n\n' +
        examples(context.io.program, [
          ['what does my change do?', 'policy diff old.yaml new.yaml --inventory inventory.json'],
          ['as a comment on a pull request', 'policy diff old.yaml new.yaml --inventory inventory.json -o markdown=diff.md'],
        ]),
    )
    .argument('<old>', 'the policy file before the change')
    .argument('<new>', 'the policy file after it')
    .requiredOption('--inventory <file>', 'what is there, as "inventory" has written it')
    .addOption(inUseOption())
    .option('--now <time>', 'decide as of this time (RFC 3339)')
    .option('--detailed-exitcode', 'exit 2 if anything is decided differently')
    .addOption(outputOption('table', 'json', 'yaml', 'markdown'))
    .addOption(outOption())
    .action(async (before: string, after: string, _options, self: Command) => {
      const { diffPolicies } = await import('../../run/policy-diff.ts');
      context.end(await diffPolicies(before, after, self.optsWithGlobals<DiffOptions>(), context));
    });
  policy
    .command('schema')
    .summary('print the JSON Schema of policy files')
    .description('Prints the JSON Schema of policy files, for editors: it is the same as policies/policy.schema.json of this version.')
    .action(async () => {
      const { printSchema } = await import('../../run/policy.ts');
      context.end(printSchema(context));
    });
  return policy;
}
