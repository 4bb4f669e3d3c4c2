import { z } from 'zod';
import { plainWords } from '../config/plain-words.ts';
import { isDigest } from '../domain/digest.ts';
import { isObject } from '../domain/json.ts';
import type { Source } from '../diagnostics/source.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { daysIn } from './days-in.ts';
import { globOf } from './glob-of.ts';
import { type Commented, FOR_ALL, type ImportedPolicy, type ImportGround, keepsAll } from './imported-policy.ts';
import { parseSettings, settingsError } from './parse-settings.ts';

// The inputs of https://github.com/snok/container-retention-policy (v3, README.md) and https://github.com/actions/delete-package-versions
// (v5, action.yml), as the steps of a workflow give them. Both delete whole versions of a package, with all their tags.
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const duration = text.refine((value) => daysIn(value) !== undefined, { error: 'not a duration, such as 4w' });
const number = text.refine((value) => /^\d+$/.test(value), { error: 'not a number' }).transform(Number);
const RetentionInputs = z.strictObject({
  account: text,
  token: text.optional(),
  'image-names': text,
  'image-tags': text.optional(),
  'cut-off': duration,
  'tag-selection': z.enum(['tagged', 'untagged', 'both']).default('both'),
  'keep-n-most-recent': number.default(0),
  'timestamp-to-use': z.enum(['updated_at', 'created_at']).optional(),
  'skip-shas': text
    .transform((list) => list.split(/[\s,]+/).filter(Boolean))
    .refine((list) => list.every(isDigest), { error: 'not a list of whole digests' })
    .transform((list) => list.filter(isDigest))
    .optional(),
  'dry-run': text.optional(),
  'rust-log': text.optional(),
});
const VersionsInputs = z.strictObject({
  owner: text.optional(),
  'package-name': text,
  'package-type': z.literal('container'),
  'min-versions-to-keep': number,
  'delete-only-untagged-versions': text.optional(),
  token: text.optional(),
});
const RETENTION = /^snok\/container-retention-policy@v3/;
const VERSIONS = /^actions\/delete-package-versions@v[45]/;
const Workflow = z.object({
  jobs: z.record(
    z.string(),
    z.looseObject({ steps: z.array(z.looseObject({ uses: z.string().optional(), with: z.unknown().optional() })).optional() }),
  ),
});

export function isGithubWorkflow(data: unknown): boolean {
  return isObject(data) && isObject(data['jobs']);
}

/** The steps of a GitHub workflow that delete versions of container packages. */
export function importGithubWorkflow(source: Source, _data: unknown, { of }: ImportGround): ImportedPolicy[] {
  const { data, problemAt } = parseSettings(source, Workflow);
  const steps = Object.entries(data.jobs).flatMap(([job, { steps: list = [] }]) => list.map((step, index) => ({ job, index, ...step })));
  const policies = steps.flatMap(({ job, index, uses = '', with: inputs }): ImportedPolicy[] => {
    const schema = RETENTION.test(uses) ? RetentionInputs : VERSIONS.test(uses) ? VersionsInputs : undefined;
    if (!schema) return [];
    const read = schema.safeParse(inputs, { error: plainWords });
    if (!read.success)
      throw settingsError(
        read.error.issues.map((issue) => problemAt(['jobs', job, 'steps', index, 'with', ...(issue.path as string[])], issueWords(issue))),
      );
    return [RETENTION.test(uses) ? retention(uses, read.data as Retention, of) : versions(uses, read.data as Versions, of)];
  });
  if (policies.length === 0)
    throw settingsError([
      problemAt(['jobs'], 'no step uses snok/container-retention-policy@v3 or actions/delete-package-versions@v4 or @v5'),
    ]);
  return policies;
}

type Retention = z.output<typeof RetentionInputs>;
type Versions = z.output<typeof VersionsInputs>;

function issueWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys' && issue.keys.includes('ignore-versions'))
    return 'ignore-versions is compared with digests of containers, not with their tags: take it out, and protect the tags by hand';
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: cannot be imported`;
  return issue.message;
}

const WHOLE = 'It deletes a version with all its tags by one of them; here an image stays while any of its tags stays.';
const SAME = { sharedTags: 'keep' as const };

function retention(uses: string, inputs: Retention, of: string | undefined): ImportedPolicy {
  const account = of ?? (inputs.account === 'user' || inputs.account.includes('${{') ? undefined : inputs.account);
  const names = inputs['image-names'].split(/\s+/).filter(Boolean);
  const days = daysIn(inputs['cut-off']) as number;
  const older = inputs['keep-n-most-recent'];
  const patterns = (inputs['image-tags'] ?? '*').split(/\s+/).filter(Boolean).map(wildcard);
  const tags = patterns.every((pattern) => pattern.startsWith('!')) ? ['**', ...patterns] : patterns;
  const selection = inputs['tag-selection'];
  const notes = [
    ...(inputs['timestamp-to-use'] === 'created_at'
      ? []
      : ['ATTENTION: it goes by updated_at, which moves with each tag; here, by the time of the tag or the push.']),
    ...(inputs['dry-run'] === 'true' ? ['ATTENTION: there it is a dry run and deletes nothing.'] : []),
  ];
  const rules: Commented<RuleSpec>[] = [];
  if (selection !== 'untagged')
    rules.push({
      part: { name: 'tagged', tags, order: 'tagged', keep: { days, ...(older > 0 && { older }) } },
      comments: [`image-tags: ${inputs['image-tags'] ?? '(all)'}, cut-off: ${inputs['cut-off']}, keep-n-most-recent: ${older}`, ...notes],
    });
  if (selection !== 'tagged')
    rules.push(
      inputs['image-tags'] === undefined || selection === 'untagged'
        ? {
            part: { name: 'untagged', untagged: true, keep: { days } },
            comments: [`tag-selection: ${selection}, cut-off: ${inputs['cut-off']}`],
          }
        : keepsAll({ name: 'untagged', untagged: true }, 'With image-tags, what has no tag is not selected by it for certain: it stays.'),
    );
  const protect = inputs['skip-shas'] ?? [];
  return {
    name: `retention of ${names.join(' ')}`,
    comments: [`From a step that uses ${uses}.`, WHOLE, ...(account === undefined ? [FOR_ALL] : [])],
    repositories: names.map((name) => within(account, wildcard(name))),
    ...SAME,
    ...(protect.length > 0 && { protect: [{ part: { digests: protect }, comments: ['skip-shas'] }] }),
    rules,
  };
}

function versions(uses: string, inputs: Versions, of: string | undefined): ImportedPolicy {
  const { owner, 'package-name': name, 'min-versions-to-keep': last } = inputs;
  const account = of ?? (owner?.includes('${{') ? undefined : owner);
  const untaggedOnly = inputs['delete-only-untagged-versions'] === 'true';
  return {
    name: `versions of ${name}`,
    comments: [
      `From a step that uses ${uses}.`,
      WHOLE,
      'It counts the parts of multi-arch images and signatures as versions; here they are not counted, and go with their image.',
      ...(account === undefined ? [FOR_ALL] : []),
    ],
    repositories: [within(account, globOf(name))],
    ...SAME,
    rules: [
      {
        part: {
          name: 'versions',
          ...(untaggedOnly ? { untagged: true as const } : { tags: ['**'], untagged: 'too' as const }),
          keep: { last },
        },
        comments: [`min-versions-to-keep: ${last}${untaggedOnly ? ', delete-only-untagged-versions: true' : ''}`],
      },
    ],
  };
}

/** Only `*` means more than itself there, and `!` in front takes out. */
function wildcard(pattern: string): string {
  const bare = globOf(pattern.replace(/^!/, '')).replaceAll('\\*', '*');
  return pattern.startsWith('!') ? `!${bare}` : bare;
}

function within(account: string | undefined, glob: string): string {
  const path = account === undefined ? '**' : globOf(account.toLowerCase());
  return glob.startsWith('!') ? `!${path}/${glob.slice(1)}` : `${path}/${glob}`;
}
