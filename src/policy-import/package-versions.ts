import { globOfPackage, ownerIn, packageNotes, packagesOf, WHOLE } from './action-inputs.ts';
import { type ImportedPolicy } from './imported-policy.ts';
import { originalPackageVersions } from './original/github.ts';
import type { VersionsInputs } from './settings/package-versions.ts';

/** The policy for a step that uses actions/delete-package-versions. */
export function importPackageVersions(uses: string, inputs: VersionsInputs, of: string | undefined): ImportedPolicy {
  const { owner, 'package-name': name, 'min-versions-to-keep': last, 'delete-only-untagged-versions': untaggedOnly } = inputs;
  const account = ownerIn(of, owner);
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
    original: originalPackageVersions(inputs),
    rules: [
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
