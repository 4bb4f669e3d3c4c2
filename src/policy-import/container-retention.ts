import type { RuleSpec } from '../policy/schema.ts';
import { BY_UPDATED, DRY_RUN, ownerIn, packageNotes, packagesOf, WHOLE } from './action-inputs.ts';
import { daysIn } from './days-in.ts';
import { globOf } from './glob-of.ts';
import { type Commented, type ImportedPolicy, keepsAll } from './imported-policy.ts';
import { originalContainerRetention } from './original/github.ts';
import type { RetentionInputs } from './settings/container-retention.ts';

/** The policy for a step that uses snok/container-retention-policy. */
export function importContainerRetention(uses: string, inputs: RetentionInputs, of: string | undefined): ImportedPolicy {
  const account = ownerIn(of, inputs.account === 'user' ? undefined : inputs.account);
  const names = inputs['image-names'].split(/\s+/).filter(Boolean);
  const days = daysIn(inputs['cut-off']) as number;
  const older = inputs['keep-n-most-recent'];
  const patterns = (inputs['image-tags'] ?? '*').split(/\s+/).filter(Boolean).map(wildcard);
  const tags = patterns.every((pattern) => pattern.startsWith('!')) ? ['**', ...patterns] : patterns;
  const selection = inputs['tag-selection'];
  const notes = [
    ...(inputs['timestamp-to-use'] === 'created_at' ? [] : [BY_UPDATED]),
    ...(['false', undefined].includes(inputs['dry-run']) ? [] : [DRY_RUN]),
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
    comments: [`From a step that uses ${uses}.`, WHOLE, ...packageNotes(account, inputs['image-names'])],
    repositories: packagesOf(account, names.map(wildcard)),
    sharedTags: 'keep',
    ...(protect.length > 0 && { protect: [{ part: { digests: protect }, comments: ['skip-shas'] }] }),
    rules,
    original: originalContainerRetention(inputs),
  };
}

/** Only `*` means more than itself there, and `!` in front takes out. */
function wildcard(pattern: string): string {
  const bare = globOf(pattern.replace(/^!/, '')).replaceAll('\\*', '*');
  return pattern.startsWith('!') ? `!${bare}` : bare;
}
