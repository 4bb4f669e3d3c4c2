import { type Command, Option } from 'commander';
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
    .option('--now <time>', 'decide as of this time (RFC 3339)')
    .addOption(concurrencyOption())
    .addOption(rateOption())
    .addOption(cacheDirOption())
    .addOption(noCacheOption());
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

export function outputOption(...formats: readonly string[]): Option {
  return new Option('-o, --output <format>', 'how the answer is written').choices([...formats]).default(formats[0]);
}
