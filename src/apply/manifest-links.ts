import { type Digest, isDigest } from '../domain/digest.ts';

/** What else of its repository a manifest needs, and what it holds. */
export interface ManifestLinks {
  /** What an index lists. */
  readonly children: readonly Digest[];
  /** What it is attached to. */
  readonly subject?: Digest;
  /** The digest of its config, by which a runtime may call an image. */
  readonly config?: Digest;
  /** The digest of its first layer. */
  readonly layer?: Digest;
}

/**
 * Reads the links out of a manifest's bytes, by field and whatever its type says: a link too many keeps something, a link too few loses it. Undefined for
 * bytes whose links cannot be told.
 */
export function manifestLinks(bytes: Uint8Array): ManifestLinks | undefined {
  const document = parse(bytes);
  if (!document) return undefined;
  const children: Digest[] = [];
  const listed = document['manifests'] ?? [];
  if (!Array.isArray(listed)) return undefined;
  for (const entry of listed) {
    const digest = digestOf(entry);
    if (digest === undefined) return undefined;
    children.push(digest);
  }
  const [config, layers] = [digestOf(document['config']), document['layers']];
  const layer = Array.isArray(layers) ? digestOf(layers[0]) : undefined;
  const parts = { ...(config !== undefined && { config }), ...(layer !== undefined && { layer }) };
  if (document['subject'] === undefined || document['subject'] === null) return { children, ...parts };
  const subject = digestOf(document['subject']);
  return subject === undefined ? undefined : { children, subject, ...parts };
}

/** The media type that a manifest gives itself. */
export function ownMediaType(bytes: Uint8Array): string | undefined {
  const type = parse(bytes)?.['mediaType'];
  return typeof type === 'string' && type !== '' ? type : undefined;
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(descriptor: unknown): Digest | undefined {
  const digest = (descriptor as { digest?: unknown } | null | undefined)?.digest;
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
}
