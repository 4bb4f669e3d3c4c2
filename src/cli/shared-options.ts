import { type Command, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../diagnostics/nearest.ts';
import type { Output } from '../run/outputs.ts';
import { dayCount, repeated, wholeNumber } from './option-values.ts';

export function addPolicyOptions(command: Command): Command {
  return command
    .optionsGroup('What decides:')
    .option('-p, --policy <file>', 'a policy file; may be repeated', repeated)
    .option('--tags <glob>', 'without a file: the tags to decide about, "!" takes out; may be repeated', repeated)
    .option('--keep-last <n>', 'without a file: keep the newest N of them', wholeNumber(0))
    .option('--keep-days <days>', 'without a file: keep what is at most so many days old', dayCount);
}

export function addSourceOptions(command: Command): Command {
  return command
    .optionsGroup('What is read:')
    .addOption(registryOption())
    .option('--inventory <file>', 'plan from what "inventory" wrote, asking no registry')
    .addOption(inUseOption())
    .addOption(nowOption())
    .addOption(concurrencyOption())
    .addOption(rateOption())
    .addOption(cacheDirOption())
    .addOption(noCacheOption())
    .addOption(plainHttpOption())
    .addOption(caFileOption());
}

function nowOption(): Option {
  return new Option('--now <time>', 'decide as of this time: RFC 3339, or so far ahead, such as +30d');
}

export function plainHttpOption(): Option {
  return new Option('--plain-http', 'speak to the registries without TLS');
}

export function caFileOption(): Option {
  return new Option('--ca-file <file>', 'trust these certificate authorities (PEM) too');
}

export function inUseOption(): Option {
  const what = 'what is in use: references or digests, one a line, or Kubernetes objects; a glob is all its files; may be repeated';
  return new Option('--in-use <file>', what).argParser(repeated);
}

export function registryOption(): Option {
  return new Option('--registry <name|url>', 'a registry from the config, a host or a URL; may be repeated').argParser(repeated);
}

export function concurrencyOption(): Option {
  return new Option('--concurrency <n>', 'requests to one registry at a time');
}

export function rateOption(): Option {
  return new Option('--rate <n>', 'most requests to one registry in a second, to leave something of its limit to others');
}

export function cacheDirOption(): Option {
  return new Option('--cache-dir <folder>', 'what earlier runs read is kept here, which saves most requests');
}

export function noCacheOption(): Option {
  return new Option('--no-cache', 'read everything, keep nothing, and do not remember when tags were first seen');
}

/** `-o FORM` and `-o FORM=FILE`, which may be repeated. The first form is the one that is written without it. */
export function outputOption(...forms: readonly string[]): Option {
  const what = `how the answer is written: ${forms.join(', ')}; may be repeated, each but one with its file`;
  return new Option('-o, --output <form[=file]>', what)
    .argParser((text: string, earlier: readonly Output<string>[] | undefined) => [...(earlier ?? []), output(text, forms)])
    .default(undefined, forms[0]);
}

function output(text: string, forms: readonly string[]): Output<string> {
  const [form = '', ...rest] = text.split('=');
  const file = rest.join('=');
  if (!forms.includes(form)) throw new InvalidArgumentError(`It must be one of ${forms.join(', ')}.${suggestion(form, forms)}`);
  if (rest.length > 0 && file === '') throw new InvalidArgumentError(`Write the file behind it, such as ${form}=plan.${form}.`);
  return rest.length > 0 ? { form, file } : { form };
}

function suggestion(form: string, forms: readonly string[]): string {
  const meant = didYouMean(form, forms);
  return meant === '' ? '' : ` D${meant.slice(3)}`;
}

export function outOption(): Option {
  return new Option('--out <file>', 'write the answer to a file instead of stdout');
}

export function addMetricsOptions(command: Command): Command {
  return command
    .option('--metrics-file <file>', 'write metrics for the textfile collector of Prometheus, however the run ends')
    .option('--push-metrics <url>', 'push them to a Pushgateway');
}
