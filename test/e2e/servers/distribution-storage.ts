import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a repository holds on disk. */
export interface StoredRepository {
  /** Digests of its manifests, sorted. */
  readonly manifests: readonly string[];
  /** `tag → digest`, sorted by tag. */
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * What the storage of a distribution registry holds, by repository name, read from its files: the truth that no answer of the registry can
 * colour (distribution, registry/storage/paths.go).
 */
export async function readStorage(root: string): Promise<Record<string, StoredRepository>> {
  const base = join(root, 'docker/registry/v2/repositories');
  const all: Record<string, StoredRepository> = {};
  const walk = async (name: string): Promise<void> => {
    for (const entry of await names(join(base, name))) {
      if (entry === '_manifests') all[name] = await readRepository(join(base, name, entry));
      else if (!entry.startsWith('_')) await walk(name === '' ? entry : `${name}/${entry}`);
    }
  };
  await walk('');
  return all;
}

async function readRepository(folder: string): Promise<StoredRepository> {
  const manifests: string[] = [];
  for (const hex of await names(join(folder, 'revisions/sha256'))) {
    // A deleted manifest leaves its folder behind, without the link.
    if ((await names(join(folder, 'revisions/sha256', hex))).includes('link')) manifests.push(`sha256:${hex}`);
  }
  const tags: Record<string, string> = {};
  for (const tag of await names(join(folder, 'tags'))) tags[tag] = await readFile(join(folder, 'tags', tag, 'current/link'), 'utf8');
  return { manifests, tags };
}

/** Bytes of all stored blobs: manifests, configs and layers, each once for the whole registry. */
export async function storedBytes(root: string): Promise<number> {
  const base = join(root, 'docker/registry/v2/blobs/sha256');
  let bytes = 0;
  for (const start of await names(base)) {
    for (const hex of await names(join(base, start))) {
      for (const file of await names(join(base, start, hex))) bytes += (await stat(join(base, start, hex, file))).size;
    }
  }
  return bytes;
}

/** The manifest's bytes, parsed. */
export async function storedManifest(root: string, digest: string): Promise<StoredManifest> {
  return JSON.parse((await readBlob(root, digest)).toString('utf8')) as StoredManifest;
}

export interface StoredManifest {
  readonly config?: Reference;
  readonly layers?: readonly Reference[];
  readonly manifests?: readonly Reference[];
}

interface Reference {
  readonly digest: string;
}

/** What is missing or damaged of the manifests that a storage holds: their own bytes, configs, layers and children. */
export async function brokenParts(root: string): Promise<string[]> {
  const broken: string[] = [];
  for (const [repository, { manifests }] of Object.entries(await readStorage(root))) {
    for (const digest of manifests) {
      const { config, layers = [], manifests: children = [] } = await storedManifest(root, digest);
      for (const child of children) if (!manifests.includes(child.digest)) broken.push(`${repository}: child ${child.digest} of ${digest}`);
      for (const part of [{ digest }, ...(config ? [config] : []), ...layers]) {
        const bytes = await readBlob(root, part.digest).catch(() => Buffer.from('missing'));
        if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== part.digest)
          broken.push(`${repository}: ${part.digest} of ${digest}`);
      }
    }
  }
  return broken;
}

function readBlob(root: string, digest: string): Promise<Buffer> {
  const hex = digest.slice('sha256:'.length);
  return readFile(join(root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'));
}

/** Sorted; none where the folder is not there. */
async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
