import type { Capabilities, Manifest } from '../domain/inventory.ts';
import { Fields } from './fields.ts';
import { FLAG, OBJECT } from './kinds.ts';

/** What the registry can do and tell. Where the document does not say, everything is assumed but what needs proof. */
export function checkCapabilities(repository: Fields, manifests: readonly Manifest[]): Capabilities {
  const fields = new Fields(repository.optional('capabilities', OBJECT) ?? {}, repository.path('capabilities'), repository.report);
  const flag = (name: keyof Capabilities): boolean | undefined => fields.optional(name, FLAG);
  return {
    deleteTag: flag('deleteTag') ?? false,
    listUntagged: flag('listUntagged') ?? true,
    pushedAt: flag('pushedAt') ?? true,
    createdAt: flag('createdAt') ?? true,
    // A pull time that is missing means "never pulled" where pulls are recorded, and nothing where they are not.
    pulledAt: flag('pulledAt') ?? manifests.some(({ pulledAt }) => pulledAt !== undefined),
    tagTimes: flag('tagTimes') ?? manifests.some(({ tagTimes }) => tagTimes !== undefined),
    labels: flag('labels') ?? true,
    annotations: flag('annotations') ?? true,
    platforms: flag('platforms') ?? true,
    artifactType: flag('artifactType') ?? true,
    vulnerability: flag('vulnerability') ?? true,
    ...((flag('fixable') ?? manifests.some(tellsFixes)) && { fixable: true }),
    ...((flag('findingTimes') ?? manifests.some(tellsFindingTimes)) && { findingTimes: true }),
    ...(flag('attachments') && { attachments: true }),
    ...(flag('cascades') && { cascades: true }),
    ...(flag('archive') && { archive: true }),
    ...(flag('undo') === false && { undo: false }),
  };
}

function tellsFixes({ findings }: Manifest): boolean {
  return findings?.some(({ fixable }) => fixable !== undefined) === true;
}

function tellsFindingTimes({ findings }: Manifest): boolean {
  return findings?.some(({ since }) => since !== undefined) === true;
}
