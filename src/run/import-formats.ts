import type { FormatName } from '../policy-import/policy-formats.ts';

/** What `policy import` takes, in the words of `--from`. They stand here so that the help is shown without what reads them. */
export const IMPORT_FORMATS = [
  'ecr',
  'harbor',
  'gar',
  'acr',
  'quay',
  'gitlab',
  'zot',
  'artifactory',
  'github',
  'terraform',
] as const satisfies readonly FormatName[];
