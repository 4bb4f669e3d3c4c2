import { printable } from '../../diagnostics/redact.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';

/** A lifecycle rule in words. */
export function ruleWords(rule: JsonObject): string {
  const { RetentionTagCount: count, TagRegexp: kept, ScheduleTime: schedule, Auto: auto } = rule;
  const policies = (asList(rule['Policies']) ?? []).map(asObject).flatMap((policy) => {
    const condition = asObject(policy?.['Condition']) ?? {};
    const wildcard = asText(asObject(policy?.['Filter'])?.['TagWildcard']);
    return [
      typeof condition['LatestTagCount'] === 'number' && `the newest ${condition['LatestTagCount']} stay`,
      typeof condition['LastPushOlderThanDays'] === 'number' && `pushed more than ${condition['LastPushOlderThanDays']} days ago`,
      typeof condition['LastPullOlderThanDays'] === 'number' && `not pulled for ${condition['LastPullOlderThanDays']} days`,
      wildcard !== undefined && `tags ${wildcard}`,
    ];
  });
  const words = [
    typeof count === 'number' && count > 0 && `the newest ${count} tags stay`,
    typeof kept === 'string' && kept !== '' && `tags that match ${kept} stay`,
    ...policies,
    auto === false ? 'when somebody starts it' : typeof schedule === 'string' && schedule !== '' && `every ${schedule.toLowerCase()}`,
  ].filter((text) => typeof text === 'string');
  return printable(words.length === 0 ? `the rule ${asText(rule['RuleId']) ?? ''}` : words.join(', '));
}
