import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

/** Writes an image with one layer, which holds one file, as `docker save` does. Clients push it as a schema 2 manifest. */
export async function writeDockerArchive(
  path: string,
  image: { readonly tag: string; readonly created: string; readonly file: Buffer },
): Promise<void> {
  const layer = tar({ 'etc/content': image.file });
  const config = Buffer.from(
    JSON.stringify({
      created: image.created,
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created: image.created, created_by: 'test' }],
    }),
  );
  const name = `${sha256(config)}.json`;
  const manifest = Buffer.from(JSON.stringify([{ Config: name, RepoTags: [image.tag], Layers: ['layer/layer.tar'] }]));
  await writeFile(path, tar({ [name]: config, 'layer/layer.tar': layer, 'manifest.json': manifest }));
}

/** A tar archive in the ustar format (POSIX.1-1988): for each file a header block, its bytes up to a full block; two empty blocks. */
export function tar(files: Readonly<Record<string, Buffer>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, bytes]) => [
    header(name, bytes.length),
    bytes,
    Buffer.alloc((512 - (bytes.length % 512)) % 512),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  const octal = (value: number, offset: number, length: number): number =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write('        0', 148);
  block.write('ustar\x0000', 257);
  // The checksum is taken with its own field full of blanks.
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
