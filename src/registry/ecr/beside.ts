import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, parseJsonObject } from '../../domain/json.ts';
import { askBeside, type Beside } from '../beside.ts';
import type { EcrClient } from './client.ts';

type Answer = Omit<Beside, 'check'>;

/**
 * What ECR does by itself in a repository: its lifecycle policy, and whether tags can be moved. Takes `ecr:GetLifecyclePolicy` and
 * `ecr:DescribeRepositories`. Private registries only: ECR Public has neither.
 */
export async function readBeside(client: EcrClient, registryId: string | undefined, repository: string): Promise<readonly Beside[]> {
  const label = client.label(repository);
  return Promise.all([
    askBeside({
      check: 'retention',
      what: `the lifecycle policy of ${label}`,
      ask: (doing) => lifecycle(client, repository, doing),
    }),
    askBeside({
      check: 'immutable',
      what: `the tag mutability of ${label}`,
      ask: (doing) => mutability(client, registryId, repository, doing),
    }),
  ]);
}

async function lifecycle(client: EcrClient, repository: string, doing: string): Promise<Answer> {
  const answer = await client.callUnless({ operation: 'GetLifecyclePolicy', doing, repository }, 'LifecyclePolicyNotFoundException');
  if (!answer) return { state: 'ok', message: `${repository} has no lifecycle policy` };
  const policy = parseJsonObject(Buffer.from(asText(answer['lifecyclePolicyText']) ?? '', 'utf8'));
  const rules = asList(policy?.['rules'])?.map(asObject);
  if (!rules?.every((rule) => rule !== undefined)) throw badAnswer(doing, 'the answer is not a policy with rules');
  const words = rules.map((rule) => {
    const { description, rulePriority, action, selection } = rule;
    const { tagStatus, tagPatternList, tagPrefixList, countType, countNumber } = asObject(selection) ?? {};
    const tags = [...(asList(tagPatternList) ?? []), ...(asList(tagPrefixList) ?? []).map((prefix) => `${String(prefix)}*`)];
    const about = [String(tagStatus), ...(tags.length > 0 ? [tags.join(' or ')] : [])].join(' ');
    const does = asText(asObject(action)?.['type']) === 'transition' ? 'archives' : 'deletes';
    const named = asText(description) ? ` (${asText(description)})` : '';
    return `rule ${String(rulePriority)}${named} ${does} ${about} images, ${String(countType)} ${String(countNumber)}`;
  });
  return {
    state: 'warning',
    message: `ECR itself acts in ${repository} by its lifecycle policy: ${words.join('; ')}`,
    next:
      `Let one of the two decide: delete that policy (aws ecr delete-lifecycle-policy --repository-name ${repository}), ` +
      'or leave the repository out of the policies here.',
  };
}

async function mutability(client: EcrClient, registryId: string | undefined, repository: string, doing: string): Promise<Answer> {
  const input = { ...(registryId !== undefined && { registryId }), repositoryNames: [repository] };
  const answer = await client.call({ operation: 'DescribeRepositories', doing, input });
  const found = (asList(answer['repositories']) ?? []).map(asObject).find((one) => one?.['repositoryName'] === repository);
  const setting = asText(found?.['imageTagMutability']);
  if (setting === undefined) throw badAnswer(doing, 'the answer does not tell it');
  if (setting === 'MUTABLE') return { state: 'ok', message: `tags of ${repository} can be moved and deleted` };
  const filters = (asList(found?.['imageTagMutabilityExclusionFilters']) ?? []).map((one) => asText(asObject(one)?.['filter']) ?? '?');
  const except = filters.length === 0 ? '' : `, except for ${filters.join(', ')}`;
  return {
    state: 'warning',
    message: `tags of ${repository} are ${setting}${except}: those that cannot be moved can be deleted all the same`,
    next: 'Protect in a policy the tags that have to stay: ECR does not protect them from a deletion.',
  };
}
