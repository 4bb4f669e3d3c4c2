/** Words of eight letters and more that stand in every document: keys, values of a fixed list, metrics, media types. */
const OWN_WORDS =
  'annotations applyable appVersion archived archiveManifest archiveMinimumDays artifactType attached_to_kept attachmentTags blockedBy ' +
  'capabilities cascades child_of_kept children clock_fallback copiedTo copy-image dangling_tags kept_newer nothing_selected ' +
  'complete createdAt danglingTags deleted_with_parent deleted_with_subject ' +
  'deleteTag delete-manifest archive-manifest delete-tag diagnostics finishes firstSeen formatVersion freedBytes incomplete in_use ' +
  'interrupted Inventory keep_newest leftovers listUntagged lockedTags lostLabels manifest manifests mediaType ' +
  'no_lifetime no_rule notDone ' +
  'orphaned outcome platforms policies problems protected pulledAt pushedAt recoverableDays reference registries registry ' +
  'registryLabels regprune repositories repository repository_floor restored shares_digest signature signaturesIn skipped stoppedBy ' +
  'subject_of_kept tagTimes unarchivedAt unfinished unknown_time unparsable_version unreadable untagged vulnerability ' +
  'attachments attestation findingTimes findings predicates severity critical unsupported ' +
  'application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.index.v1+json ' +
  'application/vnd.docker.distribution.manifest.v2+json application/vnd.docker.distribution.manifest.list.v2+json';

/** True of a word, or a part of one, that every document has. Where it stands tells nothing, and a document without it cannot be read. */
export function isOwnWord(text: string): boolean {
  return OWN_WORDS.includes(text);
}
