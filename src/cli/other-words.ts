/** What users of other tools write, without the dashes of an option, and what says the same here. */
const OPTIONS: Readonly<Record<string, string>> = {
  'dry-run': 'Nothing is changed without --apply; --dry-run takes no value.',
  'no-dry-run': 'Add --apply.',
  force: 'Add --apply; limits and in-use sources are never skipped.',
  delete: 'Add --apply.',
  confirm: 'Add --apply, and --yes where nobody can be asked.',
  keep: 'Write --keep-last N, or --keep-days D.',
  'keep-n': 'Write --keep-last N.',
  'keep-count': 'Write --keep-last N.',
  'keep-at-least': 'Write --keep-last N, or keepAtLeast in a policy file.',
  'keep-n-most-recent': 'Write --keep-last N.',
  'keep-younger': 'Write --keep-days D.',
  num: 'Write --keep-last N.',
  'older-than': 'Write --keep-days D: what is older goes.',
  ago: 'Write --keep-days D: what is older goes.',
  age: 'Write --keep-days D: what is older goes.',
  days: 'Write --keep-days D: what is older goes.',
  untagged: 'Write a rule with "untagged: true" into a policy file.',
  filter: "Write --tags 'GLOB', such as --tags 'build-*'.",
  exclude: "Write --tags '!GLOB' beside another --tags: it takes out.",
  repo: 'Write REGISTRY/REPO without an option.',
  repository: 'Write REGISTRY/REPO without an option.',
  image: 'Write REGISTRY/REPO without an option; one image is what "explain" takes.',
  limit: 'Write --at-most N.',
  json: 'Write -o json.',
  format: 'Write -o FORM.',
  username: 'Credentials come from REGISTRY_USER and REGISTRY_PASSWORD, the config, or the auth file of "docker login".',
  password: 'Credentials come from REGISTRY_USER and REGISTRY_PASSWORD, the config, or the auth file of "docker login".',
  token: 'Credentials come from REGISTRY_USER and REGISTRY_PASSWORD, the config, or the auth file of "docker login".',
};

const COMMANDS: Readonly<Record<string, string>> = {
  plan: 'prune',
  purge: 'prune',
  clean: 'prune',
  cleanup: 'prune',
  delete: 'prune',
  gc: 'prune',
  retention: 'prune',
  execute: 'apply',
  run: 'prune',
  restore: 'undo',
  rollback: 'undo',
  revert: 'undo',
  why: 'explain',
  list: 'inventory',
  ls: 'inventory',
  scan: 'inventory',
  validate: 'policy check',
  lint: 'policy check',
  check: 'policy check',
  schema: 'policy schema',
  import: 'policy import',
  migrate: 'policy import',
  convert: 'policy import',
};

/** The command that does not know it. */
interface Asked {
  /** Its options as they are written, `--apply` and `-o`. */
  readonly options: readonly string[];
  /** True of one that takes REGISTRY/REPO. */
  readonly takesRepositories: boolean;
}

/**
 * What to write instead of something that this program does not know, by the message of the parser (`error: unknown option '--keep'`).
 * Undefined where nothing is known of it, or what is known is for another command.
 */
export function ourWords(message: string, program: string, { options, takesRepositories }: Asked): string | undefined {
  const [, kind, word = ''] = /^error: unknown (option|command) '(?:--?)?([^'=]+)/.exec(message) ?? [];
  if (kind === 'option') {
    const advice = Object.hasOwn(OPTIONS, word) ? OPTIONS[word] : undefined;
    const named = advice?.match(/(?<![\w-])--?[a-z][a-z-]*/g) ?? [];
    const isFor = named.every((one) => options.includes(one)) && (takesRepositories || !advice?.includes('REGISTRY/REPO'));
    return isFor ? advice : undefined;
  }
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (kind !== 'command' || command === undefined) return undefined;
  return `Write ${program} ${command}${command === 'prune' ? ': it plans, and deletes only with --apply' : ''}.`;
}
