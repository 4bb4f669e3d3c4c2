import { type Content, content, layer, type Pushable } from '../../../src/demo/image.ts';
import { OCI_INDEX } from '../../../src/domain/media-types.ts';

/** A cache as BuildKit pushes it with `mode=max`: an index that lists layers and a config of its own, and no manifest. */
export function buildCache(...seeds: readonly string[]): Pushable {
  const layers = seeds.map((seed) => layer(seed, 700));
  const config = content(
    'application/vnd.buildkit.cacheconfig.v0',
    JSON.stringify({ layers: layers.map(({ digest }) => ({ blob: digest, parent: -1 })), records: [] }),
  );
  const blobs: readonly Content[] = [...layers, config];
  const manifests = blobs.map(({ mediaType, digest, bytes }) => ({ mediaType, digest, size: bytes.length }));
  return { ...content(OCI_INDEX, JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })), blobs, children: [] };
}
