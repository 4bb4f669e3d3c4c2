import { isObject } from '../domain/json.ts';
import { makeSource, type Source } from '../diagnostics/source.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { globOf } from './glob-of.ts';
import { type Commented, FOR_ALL, type ImportedPolicy, type ImportGround, keepsAll } from './imported-policy.ts';
import { originalEcr } from './original/ecr.ts';
import { parseSettings } from './parse-settings.ts';
import { LifecycleRule, LifecyclePolicy, Answer } from './settings/ecr-lifecycle.ts';

export function isEcrLifecycle(data: unknown): boolean {
  if (!isObject(data)) return false;
  const { rules } = data;
  return (
    typeof data['lifecyclePolicyText'] === 'string' || (Array.isArray(rules) && rules.some((one) => isObject(one) && 'rulePriority' in one))
  );
}

/** The lifecycle policy of an ECR repository: its text, or what `aws ecr get-lifecycle-policy` prints of it. */
export function importEcrLifecycle(source: Source, data: unknown, { of }: ImportGround): ImportedPolicy[] {
  const answer = isObject(data) && 'lifecyclePolicyText' in data ? parseSettings(source, Answer).data : undefined;
  const text = answer ? makeSource(`${source.file} (lifecyclePolicyText)`, answer.lifecyclePolicyText) : source;
  const repository = of ?? answer?.repositoryName;
  const rules = parseSettings(text, LifecyclePolicy).data.rules.toSorted((a, b) => a.rulePriority - b.rulePriority);
  const imported = rules.map((rule, index) => importRule(rule, rules.slice(0, index)));
  return [
    {
      name: repository ?? 'lifecycle policy',
      comments: [
        `From the lifecycle policy of ${repository === undefined ? 'an ECR repository' : `the ECR repository ${repository}`}.`,
        'ECR deletes an image with all its tags by the first rule that selects one of them; here it stays while any of its tags stays.',
        'ECR counts the parts of multi-arch images and signatures as images; here they are not counted, and go with their image.',
        ...(repository === undefined ? [FOR_ALL] : []),
        ...imported.flatMap((one) => (typeof one === 'string' ? [one] : [])),
      ],
      ...(repository !== undefined && { repositories: [globOf(repository)] }),
      // ECR never takes a tag off an image that stays.
      sharedTags: 'keep',
      rules: imported.flatMap((one) => (typeof one === 'string' ? [] : [one])),
      original: originalEcr(rules),
    },
  ];
}

/** The rule that says the same, or why there is none. */
function importRule(rule: LifecycleRule, above: readonly LifecycleRule[]): Commented<RuleSpec> | string {
  const { rulePriority, description, selection, action } = rule;
  const { tagStatus, tagPatternList, tagPrefixList, storageClass, countType } = selection;
  const origin = `ECR rule ${rulePriority}${description === undefined ? '' : `: ${description}`}`;
  const name = `rule ${rulePriority}`;
  if (storageClass === 'archive' || countType === 'sinceImageTransitioned')
    return `LEFT OUT: ${origin}. It is about images in the archive, which stay here.`;
  const comments = [origin];
  const lists = tagPatternList ?? tagPrefixList?.map((prefix) => `${prefix}*`) ?? [];
  const tags = lists.map((pattern) => globOf(pattern).replaceAll('\\*', '*'));
  if (tagStatus === 'tagged' && tags.length === 0) return `LEFT OUT: ${origin}. It names no tags, and ECR refuses such a rule.`;
  if (tags.length > 1)
    return keepsAll(
      { name, tags },
      ...comments,
      'NOT IMPORTED: ECR selects an image that has a tag for every one of these patterns at once, which cannot be said here. If any of ' +
        `them was meant, write ${action.type === 'transition' ? 'action: archive and ' : ''}keep: ${keepText(selection)} in the place of ` +
        'keep: all.',
    );
  const first = above.some((one) => one.selection.tagStatus === 'untagged');
  if (tagStatus === 'any' && first) comments.push('Images without a tag have a rule of their own above, and are not counted here.');
  if (countType === 'imageCountMoreThan' && tagStatus !== 'untagged' && above.some((one) => one.selection.tagStatus === 'tagged'))
    comments.push('ECR also counts the images that a rule above selects; here they are not counted, which keeps no fewer.');
  if (countType === 'sinceImagePulled')
    comments.push('ECR also counts from when an image was taken out of the archive; here, from its last pull or push alone.');
  return {
    comments,
    part: {
      name,
      ...(tagStatus === 'untagged' ? { untagged: true } : { tags: tagStatus === 'any' ? ['**'] : tags }),
      ...(tagStatus === 'any' && !first && { untagged: 'too' as const }),
      keep: keepOf(selection),
      ...(action.type === 'transition' && { action: 'archive' as const }),
    },
  };
}

function keepOf({ countType, countNumber }: LifecycleRule['selection']): Exclude<RuleSpec['keep'], string> {
  if (countType === 'imageCountMoreThan') return { last: countNumber };
  return countType === 'sinceImagePulled' ? { pulledDays: countNumber } : { days: countNumber };
}

function keepText(selection: LifecycleRule['selection']): string {
  const [[word, number]] = Object.entries(keepOf(selection)) as [[string, number]];
  return `{${word}: ${number}}`;
}
