import { globOfPackage, ownerIn, packageNotes, packagesOf, WHOLE } from './action-inputs.ts';
import { type Commented, type ImportedPolicy, keepsAll } from './imported-policy.ts';
import { originalPackageVersions } from './original/github.ts';
import { globsFoundBy, tagsFoundBy } from './whole-tag.ts';
import type { ProtectSpec, RuleSpec } from '../policy/schema.ts';
import type { VersionsInputs } from './settings/package-versions.ts';

/** The policy for a step that uses actions/delete-package-versions. */
export function importPackageVersions(uses: string, inputs: VersionsInputs, of: string | undefined): ImportedPolicy {
  const { owner, 'package-name': name, 'min-versions-to-keep': last, 'delete-only-untagged-versions': untaggedOnly } = inputs;
  const account = ownerIn(of, owner);
  const ignored = ignoredBy(inputs['ignore-versions']);
  return {
    name: `versions of ${name}`,
    comments: [
      `From a step that uses ${uses}.`,
      WHOLE,
      'It counts the parts of multi-arch images and signatures as versions; here they are not counted, and go with their image.',
      ...packageNotes(account, name),
    ],
    repositories: packagesOf(account, [globOfPackage(name)]),
    sharedTags: 'keep',
    ...(ignored.protect.length > 0 && { protect: ignored.protect }),
    original: originalPackageVersions(inputs),
    rules: [
      ...ignored.rules,
      {
        part: {
          name: 'versions',
          ...(untaggedOnly ? { untagged: true as const } : { tags: ['**'], untagged: 'too' as const }),
          keep: last > 0 ? { last } : 'none',
        },
        comments: [`min-versions-to-keep: ${last}${untaggedOnly ? ', delete-only-untagged-versions: true' : ''}`],
      },
    ],
  };
}

/** What "ignore-versions" is written for stays here, and does not there: it is compared with the digests of containers. */
function ignoredBy(expression: string | undefined): {
  readonly protect: readonly Commented<ProtectSpec>[];
  readonly rules: readonly Commented<RuleSpec>[];
} {
  if (!expression) return { protect: [], rules: [] };
  const comments = [
    `ignore-versions: ${expression}`,
    'ATTENTION: there it is compared with the digests of containers and not with their tags, so that it keeps none of these. ' +
      'Here they stay.',
  ];
  const globs = globsFoundBy(expression);
  if (globs) return { protect: [{ part: { tags: globs, wholeImage: true }, comments }], rules: [] };
  const tags = tagsFoundBy(expression);
  const rule = tags ? { name: 'ignored', tags } : { name: 'ignored', tags: ['**'], untagged: 'too' as const };
  const unknown = 'NOT IMPORTED: RE2 does not know this expression, so that all is ignored.';
  return { protect: [], rules: [keepsAll(rule, ...comments, ...(tags ? [] : [unknown]))] };
}
