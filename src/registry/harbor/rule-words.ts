import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';

/** Whether a rule of a retention policy or of immutability is in force (swagger, `RetentionRule`, `ImmutableRule`). */
export function isEnabled(rule: JsonObject): boolean {
  return rule['disabled'] !== true;
}

/**
 * Which tags of which repositories a rule is about, and by what it retains them:
 * `latestPushedK 10, tags matching v*, repositories matching **`.
 */
export function ruleWords(rule: JsonObject): string {
  const template = asText(rule['template']) ?? '';
  const by = Object.values(asObject(rule['params']) ?? {}).filter((value) => typeof value === 'number' || typeof value === 'string');
  return [
    ...(template === '' || template === 'immutable_template' ? [] : [[template, ...by].join(' ')]),
    ...selectorWords('tags', rule['tag_selectors']),
    ...selectorWords('repositories', asObject(rule['scope_selectors'])?.['repository']),
  ].join(', ');
}

function selectorWords(what: string, selectors: unknown): string[] {
  return (asList(selectors) ?? []).map(asObject).map((selector) => {
    const isExcluding = /excludes$/i.test(asText(selector?.['decoration']) ?? '');
    return `${what} ${isExcluding ? 'not matching' : 'matching'} ${asText(selector?.['pattern']) ?? '?'}`;
  });
}
