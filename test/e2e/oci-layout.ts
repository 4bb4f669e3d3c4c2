import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Content, Pushable } from '../../src/demo/image.ts';
import { OCI_INDEX } from '../../src/domain/media-types.ts';

/** Writes images by tag into a folder as an OCI image layout (image-spec, image-layout.md), which other clients read. */
export async function writeOciLayout(folder: string, images: Readonly<Record<string, Pushable>>): Promise<void> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const write = ({ digest, bytes }: Content): Promise<void> => writeFile(join(folder, 'blobs', ...digest.split(':')), bytes);
  const writeAll = async (thing: Pushable): Promise<void> => {
    for (const part of [thing, ...thing.blobs]) await write(part);
    for (const child of thing.children) await writeAll(child);
  };
  const manifests: object[] = [];
  for (const [tag, thing] of Object.entries(images)) {
    await writeAll(thing);
    const { mediaType, digest, bytes } = thing;
    manifests.push({ mediaType, digest, size: bytes.length, annotations: { 'org.opencontainers.image.ref.name': tag } });
  }
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
}
