import { Command } from 'commander';
import { CHECKLIST_FORMS } from '../../run/checklist-forms.ts';
import type { LintOptions } from '../../run/report-lint.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { repeated } from '../option-values.ts';
import {
  caFileOption,
  cacheDirOption,
  concurrencyOption,
  noCacheOption,
  outOption,
  outputOption,
  plainHttpOption,
  rateOption,
  registryOption,
} from '../shared-options.ts';

/** `report`: what is in registries, for those who look after them. */
export function reportCommand(context: CommandContext): Command {
  const { program } = context.io;
  const report = new Command('report')
    .summary('a checklist of what is in registries')
    .description(
      'Tells how the content of registries keeps to rules.\n\n' +
        `${examples(program, [['a page for a registry', 'report lint registry.example.com']])}`,
    )
    .helpCommand(false);
  report
    .command('lint')
    .summary('names, versions, signatures, SBOMs, times, leftovers: one page a registry')
    .description(
      'Looks at names and tags, versions of releases, signatures and SBOMs, images without a time, a platform or a tag, attachments ' +
        'without an image, and what the registry itself deletes, locks and collects. "doctor" tells whether a registry can be reached; ' +
        'this tells what is in it. Changes nothing.\n\n' +
        examples(program, [
          ['a page for a registry', "report lint registry.example.com --production 'prod/**'"],
          [
            'offline, in a pipeline that fails where something is found',
            'report lint --inventory all.jsonl -o junit=report.xml --detailed-exitcode',
          ],
        ]),
    )
    .argument('[registry/repo...]', 'repositories (globs too) or whole registries; without any: every registry of the config')
    .option('--production <glob>', 'repositories of production, by name or REGISTRY/REPO; "!" takes out; may be repeated', repeated)
    .option('-p, --policy <file>', 'a policy file, to tell which repositories none governs; may be repeated', repeated)
    .addOption(registryOption())
    .option('--inventory <file>', 'look at what "inventory" wrote, asking no registry')
    .addOption(concurrencyOption())
    .addOption(rateOption())
    .addOption(cacheDirOption())
    .addOption(noCacheOption())
    .addOption(plainHttpOption())
    .addOption(caFileOption())
    .option('--detailed-exitcode', 'exit 2 if there is something to look at')
    .addOption(outputOption(...CHECKLIST_FORMS))
    .addOption(outOption())
    .action(async (targets: string[], _options, self: Command) => {
      const { reportLint } = await import('../../run/report-lint.ts');
      context.end(await reportLint(targets, self.optsWithGlobals<LintOptions>(), context));
    });
  return report;
}
