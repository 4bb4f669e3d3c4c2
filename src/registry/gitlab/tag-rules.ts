import { RE2JS } from 're2js';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { asText } from '../../domain/json.ts';
import { TO_READ_RULES } from './answer-errors.ts';
import type { Call, GitlabClient } from './client.ts';

/** A rule that protects tags of a project. */
export interface TagRule {
  /** An RE2 expression; a tag is protected in which it matches anything (app/models/container_registry/protection/tag_rule.rb). */
  readonly pattern: string;
  /** The least role whose members may delete such a tag: `maintainer`, `owner`, `admin`. */
  readonly least: string;
}

/** Roles by their number (lib/gitlab/access.rb). */
const LEVELS: Readonly<Record<string, number>> = { maintainer: 40, owner: 50, admin: 60 };

/** The rules of a project. GitLab before 18.7 has no such list, and none lists rules by which tags are immutable. Throws as `get`. */
export async function readTagRules(
  client: GitlabClient,
  projectId: number,
  repository: string,
  doing: string,
): Promise<readonly TagRule[]> {
  const call: Call = { doing, needs: TO_READ_RULES, path: `/projects/${projectId}/registry/protection/tag/rules`, repository };
  const rules: TagRule[] = [];
  const bounds = new ListBounds(doing);
  for await (const page of client.pages(call, await client.call(call))) {
    for (const rule of page) {
      const pattern = asText(rule['tag_name_pattern']);
      if (pattern === undefined) throw badAnswer(doing, 'it lists a rule without a pattern');
      // Without a role, nobody may.
      rules.push({ pattern, least: asText(rule['minimum_access_level_for_delete']) ?? 'nobody' });
    }
    bounds.check(rules.length);
  }
  return rules;
}

/** Which tags a user of that role may not delete; without a known role, all that are protected. What cannot be judged is protected. */
export function lockedBy(rules: readonly TagRule[], accessLevel: number | undefined): (tag: string) => boolean {
  const against = rules.filter(({ least }) => (LEVELS[least] ?? Number.POSITIVE_INFINITY) > (accessLevel ?? 0)).map(matcherOf);
  return (tag) => against.some((matches) => matches(tag));
}

function matcherOf({ pattern }: TagRule): (tag: string) => boolean {
  try {
    const expression = RE2JS.compile(pattern);
    return (tag) => expression.test(tag);
  } catch {
    return () => true;
  }
}
