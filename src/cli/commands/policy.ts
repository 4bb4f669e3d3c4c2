import { Command } from 'commander';
import { examples } from '../help.ts';
import { CHECK_FORMS } from '../../run/check-forms.ts';
import type { CheckOptions } from '../../run/policy.ts';
import type { CommandContext } from '../command-context.ts';
import { outOption, outputOption } from '../shared-options.ts';

/** `policy`: the policy workbench. */
export function policyCommand(context: CommandContext): Command {
  const policy = new Command('policy')
    .summary('check policies, print their schema')
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
    .command('schema')
    .summary('print the JSON Schema of policy files')
    .description('Prints the JSON Schema of policy files, for editors: it is the same as policies/policy.schema.json of this version.')
    .action(async () => {
      const { printSchema } = await import('../../run/policy.ts');
      context.end(printSchema(context));
    });
  return policy;
}
