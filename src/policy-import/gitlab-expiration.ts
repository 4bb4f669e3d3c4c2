import { parseYaml } from '../config/yaml-document.ts';
import { isObject } from '../domain/json.ts';
import { makeSource, type Source } from '../diagnostics/source.ts';
import { problemAt } from '../diagnostics/source-error.ts';
import type { RuleSpec } from '../policy/schema.ts';
import { daysIn } from './days-in.ts';
import { globOf } from './glob-of.ts';
import { type Commented, FOR_ALL, type ImportedPolicy, type ImportGround, keepsAll } from './imported-policy.ts';
import { originalGitlab } from './original/gitlab.ts';
import { parseSettings, settingsError } from './parse-settings.ts';
import { shellWords, type Word } from './shell-words.ts';
import { tagsFoundBy } from './whole-tag.ts';
import { ExpirationPolicy, Project, Change } from './settings/gitlab-expiration.ts';

/** A call of its API, and what gives it its data by a pipe. */
const CALL = /(?<=^[^#\n]*)\b(?:curl|glab|echo|printf)\b/gm;
const ATTRIBUTES = 'container_expiration_policy_attributes';

export function isGitlabExpiration(data: unknown, text: string): boolean {
  if (isObject(data))
    return ['container_expiration_policy', ATTRIBUTES, 'keep_n', 'older_than', 'name_regex_keep'].some((key) => key in data);
  return text.includes(ATTRIBUTES) && text.search(CALL) >= 0;
}

/** The cleanup policy of a project of GitLab: what its API answers or takes, or the calls that set it. */
export function importGitlabExpiration(source: Source, data: unknown, ground: ImportGround): ImportedPolicy[] {
  if (isObject(data) || source.text.search(CALL) < 0) return importSettings(source, data, ground);
  const calls = [...source.text.matchAll(CALL)].map(({ index, 0: { length } }) => shellWords(source.text, index + length));
  const imported = calls.flatMap((words) => {
    const url = words.find(({ text }) => /(?:^|\/)projects\/[^/?]+\/?(?:\?.*)?$/.test(text));
    const given = words.filter(({ text }) => text.includes(ATTRIBUTES));
    const [first] = given;
    if (!first) return [];
    const json = first.text.trimStart().startsWith('{') ? first.text : formAsJson(given);
    if (json === undefined) throw settingsError([problemAt(source, first, 'this is neither JSON nor data such as KEY[keep_n]=5')]);
    // The URL has the name of the project with its "/" written otherwise, or a number.
    const id = /projects\/([^/?]+)/.exec(url?.text ?? '')?.[1]?.replaceAll(/%2f/gi, '/') ?? '';
    const path = /^(?!\d+$)[\w./-]+$/.test(id) ? id : undefined;
    const part = makeSource(`${source.file} (the data of a call)`, json);
    return importSettings(part, parseYaml(part).data, { of: ground.of ?? path });
  });
  if (imported.length === 0) throw settingsError([problemAt(source, { start: 0, end: 1 }, `no call sets ${ATTRIBUTES}`)]);
  return imported;
}

/** What `KEY[keep_n]=5` and others say, as JSON; undefined where one of them is something else. */
function formAsJson(words: readonly Word[]): string | undefined {
  const pairs = words.map(({ text }) => /^container_expiration_policy_attributes\[(\w+)\]=(.*)$/s.exec(text));
  if (pairs.includes(null)) return undefined;
  const values = pairs.map((pair): [string, unknown] => {
    const [, key = '', value = ''] = pair ?? [];
    return [key, key === 'keep_n' && /^\d+$/.test(value) ? Number(value) : key === 'enabled' ? value === 'true' || value === '1' : value];
  });
  return JSON.stringify({ [ATTRIBUTES]: Object.fromEntries(values) }, undefined, 2);
}

function importSettings(source: Source, data: unknown, { of }: ImportGround): ImportedPolicy[] {
  const has = (key: string): boolean => isObject(data) && key in data;
  const project = has('container_expiration_policy') ? parseSettings(source, Project).data : undefined;
  const change = has(ATTRIBUTES) ? parseSettings(source, Change).data : undefined;
  const policy =
    project?.container_expiration_policy ?? change?.container_expiration_policy_attributes ?? parseSettings(source, ExpirationPolicy).data;
  const name = of ?? project?.path_with_namespace ?? change?.path_with_namespace;
  return [
    {
      name: name === undefined ? 'cleanup' : `cleanup of ${name}`,
      comments: [
        `From the container cleanup policy of ${name === undefined ? 'a project' : `the project ${name}`} of GitLab.`,
        'GitLab counts tags; here the images are counted that have them, which keeps no fewer.',
        ...(name === undefined ? [FOR_ALL] : []),
      ],
      // GitLab writes the names of repositories in small letters.
      ...(name !== undefined && { repositories: [`${globOf(name.toLowerCase())}/**`] }),
      rules: rulesOf(policy, change !== undefined),
      original: originalGitlab(policy),
    },
  ];
}

/** The rules of a policy; of a change of one, what it does not say stays as it was there. */
function rulesOf(policy: ExpirationPolicy, isChange: boolean): Commented<RuleSpec>[] {
  const { enabled, keep_n, older_than, name_regex, name_regex_delete, name_regex_keep } = policy;
  const everything = { name: 'everything', tags: ['**'] };
  const regex = name_regex_delete || name_regex;
  if (!enabled)
    return [
      keepsAll(everything, 'It is switched off there and deletes nothing. Write "enabled": true, and import it again, for its rules.'),
    ];
  if (!regex && isChange)
    return [
      keepsAll(
        everything,
        'NOT IMPORTED: it sets no name_regex, so that there the one counts that the project has had. Write it, and import it again; or ' +
          'import what GET /projects/{id} answers.',
      ),
    ];
  if (!regex) return [keepsAll(everything, 'It has no name_regex, so that it deletes nothing.')];
  const kept = name_regex_keep ? tagsFoundBy(`^${name_regex_keep}$`) : [];
  const deleted = tagsFoundBy(`^${regex}$`);
  if (kept === undefined || deleted === undefined)
    return [keepsAll(everything, `NOT IMPORTED: RE2 does not know the expression ${kept === undefined ? name_regex_keep : regex}.`)];
  const days = older_than ? daysIn(older_than) : undefined;
  const words = { ...(keep_n && { last: keep_n }), ...(days !== undefined && { days }) };
  return [
    ...(name_regex_keep ? [keepsAll({ name: 'kept', tags: kept }, `name_regex_keep: ${name_regex_keep}`)] : []),
    keepsAll({ name: 'latest', tags: ['latest'] }, 'GitLab never deletes the tag latest.'),
    {
      part: { name: 'cleanup', tags: deleted, order: 'created', keep: Object.keys(words).length > 0 ? words : 'none' },
      comments: [`name_regex: ${regex}, keep_n: ${keep_n ?? 'none'}, older_than: ${older_than || 'none'}`],
    },
  ];
}
