import { Command, InvalidArgumentError, Option } from 'commander';
import type { AlertOptions, JobOptions, PipelineOptions } from '../../run/generate.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../help.ts';
import { duration, repeated, wholeNumber } from '../option-values.ts';
import { packageRoot } from '../package-root.ts';
import { registryOption } from '../shared-options.ts';

/** A quiet time that hardly anybody else takes, as the templates have it too. */
const NIGHTLY = '15 2 * * *';

/** `generate`: what the program is deployed with. */
export function generateCommand(context: CommandContext): Command {
  const { program } = context.io;
  const generate = new Command('generate')
    .summary('print what it is deployed with: containers, Kubernetes, alerts, pipelines')
    .description(
      'Prints files to deploy with, filled in from the config and the flags. ' +
        'Nothing is read from a registry, and no secret is printed.\n\n' +
        examples(program, [
          [
            'every night in a cluster, keeping what it runs',
            'generate cronjob --image registry.example.com/platform/regprune:1 | kubectl apply -f -',
          ],
          ['an image of the program', 'generate containerfile > Containerfile'],
          ['alerts for the Prometheus operator', 'generate alerts -o prometheus-rule | kubectl -n monitoring apply -f -'],
        ]),
    )
    .helpCommand(false);
  const cronjob = generate
    .command('cronjob')
    .summary('a CronJob with all that it needs, and the config and policies of here')
    .description(
      'Prints a CronJob that prunes every night, with its account and permissions, config and policies, Secret without values, ' +
        'volumes for journals and cache, and network policy. What the cluster runs, or would run again, is protected.\n\n' +
        examples(program, [
          [
            'every night at two, in a namespace that is there',
            "generate cronjob --image registry.example.com/platform/regprune:1 --namespace platform --schedule '0 2 * * *'",
          ],
        ]),
    )
    .option('--schedule <cron>', 'when it runs, in UTC', cronSchedule, NIGHTLY);
  addJobOptions(cronjob).action(async (_options, self: Command) => {
    const { generateJob } = await import('../../run/generate.ts');
    context.end(await generateJob('cronjob', self.optsWithGlobals<JobOptions>(), packageRoot().folder, context));
  });
  const indexed = generate
    .command('indexed-job')
    .summary('a Job of several pods, each with its share of the repositories')
    .description(
      'Prints an Indexed Job with all that it needs: each pod prunes its share of the repositories. Its volumes must be of a kind that ' +
        'several nodes can write to.\n\n' +
        examples(program, [
          [
            'a large registry in eight shares',
            'generate indexed-job --image registry.example.com/platform/regprune:1 --shards 8 | kubectl apply -f -',
          ],
        ]),
    )
    .option('--shards <n>', 'into how many shares the repositories are split', wholeNumber(1), 4);
  addJobOptions(indexed).action(async (_options, self: Command) => {
    const { generateJob } = await import('../../run/generate.ts');
    context.end(await generateJob('indexed-job', self.optsWithGlobals<JobOptions>(), packageRoot().folder, context));
  });
  generate
    .command('containerfile')
    .summary('a Containerfile for an image of this program')
    .description(
      'Prints a Containerfile that puts the packed package of this version on Node.js without a shell, for any user but root.\n\n' +
        examples(program, [
          [
            'build it, and push the image',
            'generate containerfile > Containerfile && docker build -f Containerfile -t registry.example.com/platform/regprune:1 .',
          ],
        ]),
    )
    .action(async () => {
      const { generateContainerfile } = await import('../../run/generate.ts');
      context.end(await generateContainerfile(packageRoot().folder, context));
    });
  generate
    .command('alerts')
    .summary('alert rules for Prometheus on the metrics of runs')
    .description(
      'Prints rules that tell when nothing was cleaned up, a run failed, a plan is blocked, or a registry was not read.\n\n' +
        examples(program, [
          ['a file of rules', 'generate alerts > alerts.yaml'],
          ['an object of the Prometheus operator', 'generate alerts -o prometheus-rule | kubectl -n monitoring apply -f -'],
        ]),
    )
    .addOption(new Option('-o, --output <form>', 'how they are written').choices(['rules', 'prometheus-rule']).default('rules'))
    .action(async (_options, self: Command) => {
      const { generateAlerts } = await import('../../run/generate.ts');
      context.end(await generateAlerts(self.optsWithGlobals<AlertOptions>(), packageRoot().folder, context));
    });
  generate
    .command('dashboard')
    .summary('a dashboard for Grafana with the metrics of runs')
    .description(
      'Prints a dashboard that Grafana imports.\n\n' + examples(program, [['a file to import', 'generate dashboard > dashboard.json']]),
    )
    .action(async () => {
      const { generateFile } = await import('../../run/generate.ts');
      context.end(await generateFile('dashboard.json', packageRoot().folder, context));
    });
  generate
    .command('github')
    .summary('a workflow of GitHub: a plan for a pull request, plan and apply every night')
    .description(
      'Prints a workflow. Put it into .github/workflows, and write the repository that has the action in the place of OWNER/REPO.\n\n' +
        examples(program, [['at three instead', "generate github --schedule '0 3 * * *' > .github/workflows/prune.yaml"]]),
    )
    .option('--schedule <cron>', 'when it runs, in UTC', cronSchedule, NIGHTLY)
    .action(async (_options, self: Command) => {
      const { generatePipeline } = await import('../../run/generate.ts');
      context.end(await generatePipeline('github', self.optsWithGlobals<PipelineOptions>(), packageRoot().folder, context));
    });
  generate
    .command('gitlab')
    .summary('jobs of GitLab: a plan for a merge request, plan and apply in a scheduled pipeline')
    .description(
      'Prints jobs to include in .gitlab-ci.yml. When they run, a schedule of the project says.\n\n' +
        examples(program, [['a file to include', 'generate gitlab > .gitlab/prune.yml']]),
    )
    .action(async (_options, self: Command) => {
      const { generatePipeline } = await import('../../run/generate.ts');
      context.end(await generatePipeline('gitlab', self.optsWithGlobals<PipelineOptions>(), packageRoot().folder, context));
    });
  return generate;
}

function addJobOptions(command: Command): Command {
  return command
    .option('--image <image>', 'the container image of the program (default: "regprune:VERSION")')
    .option('--name <name>', 'of all objects', objectName, 'regctl-prune')
    .option('--namespace <name>', 'a namespace that is there (default: one of its own, "regctl", which is made)', objectName)
    .option('-p, --policy <file>', 'a policy file, in place of those of the config; may be repeated', repeated)
    .addOption(registryOption())
    .option('--max-deletions <n>', 'refuse a plan with more images to delete (default: what the config says, or 500)')
    .option('--max-duration <time>', 'no deletion is begun after so long (default: 2h)', durationWithText)
    .option('--secret <name>', 'a Secret with the credentials that is there (default: one without values is printed)', objectName)
    .option('--push-metrics <url>', 'where each run pushes its metrics: a Pushgateway');
}

/** A duration as it is given, and in milliseconds. */
function durationWithText(text: string): JobOptions['maxDuration'] {
  return { text, ms: duration(text) };
}

/** The name of an object that may also be a label of a host. */
function objectName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be small letters, digits and "-", at most 52, such as regctl-prune.');
}

/** Five fields, or a word such as `@daily`. */
function cronSchedule(text: string): string {
  if (/^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[-0-9A-Za-z*,/?]+( [-0-9A-Za-z*,/?]+){4})$/.test(text)) return text;
  throw new InvalidArgumentError('It must be five fields of cron, such as "15 2 * * *".');
}
