import { byCodeUnit } from '../../domain/compare.ts';
import { isDigest } from '../../domain/digest.ts';
import { OCI_INDEX } from '../../domain/media-types.ts';
import { cutPage } from '../page.ts';
import { errorReply, jsonReply, type Reply } from '../reply.ts';
import type { Call } from './call.ts';

/**
 * GET `referrers/<digest>`: an index of all manifests with that subject, empty if there are none (distribution-spec, "Listing Referrers").
 */
export function answerReferrers(call: Call): Reply {
  const { reference: subject, query } = call;
  if (!isDigest(subject)) return errorReply('DIGEST_INVALID', [{ digest: subject }]);
  const wanted = query.get('artifactType');
  const found = new Map<string, object>();
  for (const [digest, manifest] of call.storage.repositories.get(call.repository)?.manifests ?? []) {
    const { artifactType, annotations } = manifest.fields;
    if (manifest.fields.subject !== subject || (wanted !== null && wanted !== artifactType)) continue;
    found.set(digest, { mediaType: manifest.mediaType, digest, size: manifest.bytes.length, artifactType, annotations });
  }
  const page = cutPage([...found.keys()].sort(byCodeUnit), query, call.options, { compare: byCodeUnit });
  if ('status' in page) return page;
  const filter = wanted === null ? '' : `artifactType=${encodeURIComponent(wanted)}&`;
  return jsonReply(
    200,
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests: page.entries.map((digest) => found.get(digest)) },
    {
      'content-type': OCI_INDEX,
      ...(wanted !== null && { 'oci-filters-applied': 'artifactType' }),
      ...(page.next !== undefined && { link: `<${call.pathname}?${filter}${page.next}>; rel="next"` }),
    },
  );
}
