import { printable } from '../../diagnostics/redact.ts';
import { asObject, asText } from '../../domain/json.ts';

/**
 * What the cleanup policy of a project does, as the end of a sentence; undefined where there is none that is switched on. `value` is its
 * `container_expiration_policy` (doc/api/projects.md).
 */
export function cleanupWords(value: unknown): string | undefined {
  const policy = asObject(value);
  if (policy?.['enabled'] !== true) return undefined;
  const text = (key: string): string | undefined => {
    const given = asText(policy[key]);
    return given === undefined ? undefined : printable(given);
  };
  const kept = policy['keep_n'];
  const age = text('older_than');
  const stays = [
    ...(typeof kept === 'number' ? [`the newest ${kept} of each repository`] : []),
    ...(age === undefined ? [] : [`those of less than ${age}`]),
    ...(text('name_regex_keep') === undefined ? [] : [`those that match ${text('name_regex_keep')}`]),
  ];
  const cadence = text('cadence') ?? 'an unknown time';
  return (
    `every ${cadence} it deletes the tags that match ${text('name_regex_delete') ?? text('name_regex') ?? 'its expression'}` +
    (stays.length === 0 ? '' : `, but for ${stays.join(', ')}`)
  );
}
