/** The process's environment, as given. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the program reads from its environment, as the help shows it. Lists are separated by commas. */
export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ['REGCTL_CONFIG', 'config file, in place of the nearest .regctlrc or regctl.config'],
  ['REGCTL_POLICY', 'policy files, as --policy'],
  ['REGCTL_REGISTRY', 'registries by name or URL, as --registry'],
  ['REGCTL_IN_USE', 'files of images in use, as --in-use, added to those and to the config'],
  ['REGCTL_MAX_DELETIONS', 'most images deleted in one run, as --max-deletions'],
  ['REGCTL_CONCURRENCY', 'requests at a time to one registry, as --concurrency'],
  ['REGCTL_RATE', 'most requests to one registry in a second, as --rate'],
  ['REGCTL_JOURNAL_DIR', 'folder for journals; default $XDG_STATE_HOME/regprune, ~/.local/state/regprune'],
  ['REGCTL_CACHE_DIR', 'folder for the cache; default $XDG_CACHE_HOME/regprune, ~/.cache/regprune'],
  ['REGISTRY_USER, REGISTRY_PASSWORD', 'credentials for the registries that the config or the command line names'],
  ['DOCKER_CONFIG', 'folder with the config.json of Docker, for its credentials'],
  ['JOB_COMPLETION_INDEX', 'which shard --shard /N is, counted from 0; a pod of an Indexed Job has it'],
  ['HTTPS_PROXY, HTTP_PROXY, NO_PROXY', 'proxy for requests to registries'],
  ['NO_COLOR', 'no colours, whatever its value, unless it is empty'],
];
