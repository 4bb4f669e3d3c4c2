import { type Command, Option } from 'commander';
import type { Io } from '../run/io.ts';
import { dayCount, instant, repeated, wholeNumber } from './option-values.ts';

/** What every command is handed besides its own words. */
export interface Context {
  readonly io: Io;
  /** The words after the program's name, as given. */
  readonly argv: readonly string[];
  readonly version: string;
  /** Tells the exit code. */
  readonly end: (code: number) => void;
}

/** What every command may be asked. */
export interface GlobalOptions {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** False under `--no-color`. */
  readonly color: boolean;
}

/** What decides: policy files, or one rule in flags. */
export interface PolicyOptions {
  readonly policy?: readonly string[];
  readonly tags?: readonly string[];
  readonly keepLast?: number;
  readonly keepDays?: number;
}

/** What is read, what is in use, and as of when. */
export interface SourceOptions {
  readonly registry?: readonly string[];
  readonly inventory?: string;
  readonly inUse?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now?: number;
  /** As given: the settings check it. */
  readonly concurrency?: string;
}

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
    .option(
      '--in-use <file>',
      'what is in use: references or digests, one a line, or Kubernetes objects; a glob is all its files; may be repeated',
      repeated,
    )
    .option('--now <time>', 'decide as of this time (RFC 3339)', instant)
    .addOption(concurrencyOption());
}

export function registryOption(): Option {
  return new Option('--registry <name|url>', 'a registry from the config, a host or a URL; may be repeated').argParser(repeated);
}

export function concurrencyOption(): Option {
  return new Option('--concurrency <n>', 'requests to one registry at a time');
}

export function outputOption(...formats: readonly string[]): Option {
  return new Option('-o, --output <format>', 'how the answer is written').choices([...formats]).default(formats[0]);
}
