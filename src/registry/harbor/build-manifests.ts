import { byCodeUnit } from '../../domain/compare.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Manifest } from '../../domain/inventory.ts';
import { isIndexType, OCI_MANIFEST } from '../../domain/media-types.ts';
import { agreedLabels } from '../../distribution/agreed-labels.ts';
import { createdTime } from '../../distribution/created-time.ts';
import { isImageConfigType } from '../../distribution/image-config.ts';
import { type Artifact, type ArtifactTag, newest } from './artifact.ts';
import type { Brief, Collection } from './collection.ts';

type Labels = Readonly<Record<string, string>>;

/** Begins the name that a label of Harbor has among an image's labels. */
export const LABEL_PREFIX = 'harbor/';

/**
 * Makes the manifests of an inventory, sorted by digest. Where the API differs from the words of the inventory:
 *
 * - Harbor counts the children in an index's size: here they count themselves.
 * - `labels` are those of the image's config; of an index, what its images agree on. The labels that users of Harbor put on an artifact are
 *   not pairs but something else: label `stable` is `harbor/stable: "true"`, of that artifact alone.
 * - A pull by the digest of a platform is not one of its index (up to Harbor 2.15): an index was pulled when it or one of its parts was.
 * - The API tells neither config digests nor layers: `config` is missing, and `blobs`.
 */
export function buildManifests(collection: Collection): Manifest[] {
  const facts = new Facts(collection);
  const manifests = [
    ...[...collection.artifacts.values()].map((artifact) => manifestOf(artifact, collection, facts)),
    ...[...collection.briefs.values()].map((brief) => manifestOfBrief(brief, collection)),
  ];
  return manifests.toSorted((a, b) => byCodeUnit(a.digest, b.digest));
}

function manifestOf(artifact: Artifact, { subjects, signed }: Collection, facts: Facts): Manifest {
  const { digest, mediaType, pushedAt, annotations, vulnerability, findings, scan, children } = artifact;
  const pulledAt = facts.pulledAt(artifact);
  const createdAt = facts.createdAt(artifact);
  const platforms = facts.platforms(artifact);
  const subject = subjects.get(digest);
  const artifactType = artifactTypeOf(artifact);
  const labels = labelsOf(artifact, facts.imageLabels(artifact));
  return {
    digest,
    mediaType,
    size: facts.ownSize(artifact),
    ...tagFields(artifact.tags),
    ...(pushedAt !== undefined && { pushedAt }),
    ...(createdAt !== undefined && { createdAt }),
    ...(pulledAt !== undefined && { pulledAt }),
    children: [...new Set(children.map((child) => child.digest))],
    ...(subject !== undefined && { subject }),
    ...(artifactType !== undefined && { artifactType }),
    ...(labels && { labels }),
    ...(artifact.labels.length > 0 && { registryLabels: labelNames(artifact) }),
    ...(annotations && { annotations }),
    ...(platforms.length > 0 && { platforms }),
    ...(signed.has(digest) && { signed: true }),
    ...(facts.isAttestation(digest) && { attestation: true }),
    ...(vulnerability && { vulnerability }),
    ...(findings && { findings }),
    ...(scan && { scan }),
  };
}

/** The labels that users of Harbor have put on an artifact, by their names among its labels. */
export function labelNames({ labels }: Artifact): string[] {
  return labels.map((name) => `${LABEL_PREFIX}${name}`);
}

/** What is attached to others and was not read is a manifest of no special kind. */
function manifestOfBrief({ accessory, tags }: Brief, { subjects }: Collection): Manifest {
  const { digest, type, size, createdAt } = accessory;
  const subject = subjects.get(digest);
  const artifactType = BRIEF_ARTIFACT_TYPES[type];
  return {
    digest,
    mediaType: OCI_MANIFEST,
    size,
    ...tagFields(tags),
    ...(createdAt !== undefined && { pushedAt: createdAt }),
    children: [],
    ...(subject !== undefined && { subject }),
    ...(artifactType !== undefined && { artifactType }),
  };
}

/** Harbor gives an accessory these types by its artifact type (src/server/middleware/subject). A signature under cosign's tag has none. */
const BRIEF_ARTIFACT_TYPES: Readonly<Record<string, string>> = {
  'signature.notation': 'application/vnd.cncf.notary.signature',
  'sbom.harbor': 'application/vnd.goharbor.harbor.sbom.v1',
};

function tagFields(tags: readonly ArtifactTag[]): Pick<Manifest, 'tags' | 'tagTimes' | 'lockedTags'> {
  const sorted = tags.toSorted((a, b) => byCodeUnit(a.name, b.name));
  const times = sorted.flatMap(({ name, pushedAt }) => (pushedAt === undefined ? [] : [[name, pushedAt] as const]));
  const locked = sorted.filter(({ immutable }) => immutable);
  return {
    tags: sorted.map(({ name }) => name),
    ...(times.length > 0 && { tagTimes: Object.fromEntries(times) }),
    ...(locked.length > 0 && { lockedTags: locked.map(({ name }) => name) }),
  };
}

/**
 * The artifact's own type or, where it has none, that of its config unless that is an image's. Harbor 2.11 filled in the media type
 * where it had none (0140_2.11.0_schema.up.sql).
 */
function artifactTypeOf({ mediaType, configType, artifactType }: Artifact): string | undefined {
  const type = artifactType === '' ? configType : artifactType;
  return type === '' || type === mediaType || isIndexType(type) || isImageConfigType(type) ? undefined : type;
}

function labelsOf({ labels }: Artifact, imageLabels: Labels | undefined): Labels | undefined {
  if (labels.length === 0) return imageLabels;
  return { ...imageLabels, ...Object.fromEntries(labels.map((name) => [`${LABEL_PREFIX}${name}`, 'true'])) };
}

/** What an index has from its children. Each is worked out once, so that indexes in indexes cost nothing. */
class Facts {
  readonly #artifacts: ReadonlyMap<Digest, Artifact>;
  readonly #created = new Map<Digest, string | undefined>();
  readonly #pulled = new Map<Digest, string | undefined>();
  readonly #labels = new Map<Digest, Labels | undefined>();
  readonly #platforms = new Map<Digest, readonly string[]>();
  /** What the entry of an index says, and the image's own config does not: its variant. */
  readonly #listed = new Map<Digest, string>();
  readonly #attestations = new Set<Digest>();

  constructor({ artifacts }: Collection) {
    this.#artifacts = artifacts;
    for (const { children } of artifacts.values())
      for (const { digest, platform, attestation } of children) {
        if (platform !== undefined) this.#listed.set(digest, platform);
        if (attestation) this.#attestations.add(digest);
      }
    for (const { children } of artifacts.values())
      for (const { digest, attestation } of children) if (!attestation) this.#attestations.delete(digest);
  }

  /** True of what is called an attestation by every index that lists it. */
  isAttestation(digest: Digest): boolean {
    return this.#attestations.has(digest);
  }

  /** Harbor adds up what each entry counts, children of children included (src/controller/artifact/abstractor.go). */
  ownSize({ size, children }: Artifact): number {
    return Math.max(
      0,
      children.reduce((rest, child) => rest - (this.#artifacts.get(child.digest)?.size ?? 0), size),
    );
  }

  pulledAt(artifact: Artifact): string | undefined {
    return once(this.#pulled, artifact.digest, () =>
      newest([artifact.pulledAt, ...this.#children(artifact).map((child) => this.pulledAt(child))]),
    );
  }

  /**
   * The build time of an index is that of its newest image, leaving out attestations; without images, its own annotation. It is unknown if
   * one of its images does not tell its time: that image may be the newest, and unknown must not become old.
   */
  createdAt(artifact: Artifact): string | undefined {
    return once(this.#created, artifact.digest, () => {
      const { created, imageLabels, annotations } = artifact;
      const children = this.#children(artifact, ({ attestation }) => !attestation);
      const images = children.filter(({ mediaType, configType }) => isIndexType(mediaType) || isImageConfigType(configType));
      const times = images.map((child) => this.createdAt(child));
      if (times.includes(undefined)) return undefined;
      return (
        newest(times) ??
        createdTime({ ...(created !== undefined && { created }), ...(imageLabels && { labels: imageLabels }) }, annotations)
      );
    });
  }

  /** Of an index, what its images agree on, without attestations. */
  imageLabels(artifact: Artifact): Labels | undefined {
    return once(this.#labels, artifact.digest, () => {
      const images = this.#children(artifact, ({ attestation }) => !attestation);
      return artifact.imageLabels ?? agreedLabels(images.map((child) => this.imageLabels(child)));
    });
  }

  platforms(artifact: Artifact): readonly string[] {
    return once(this.#platforms, artifact.digest, () => {
      const own = artifact.platform === undefined ? undefined : (this.#listed.get(artifact.digest) ?? artifact.platform);
      const listed = artifact.children.flatMap((child) => {
        if (child.attestation) return [];
        if (child.platform !== undefined) return [child.platform];
        const document = this.#artifacts.get(child.digest);
        return document ? this.platforms(document) : [];
      });
      return [...new Set([...(own === undefined ? [] : [own]), ...listed])].toSorted(byCodeUnit);
    });
  }

  #children({ digest, children }: Artifact, wanted: (child: Artifact['children'][number]) => boolean = () => true): Artifact[] {
    return children.filter(wanted).flatMap((child) => (child.digest === digest ? [] : (this.#artifacts.get(child.digest) ?? [])));
  }
}

function once<T>(known: Map<Digest, T>, digest: Digest, work: () => T): T {
  if (!known.has(digest)) known.set(digest, work());
  return known.get(digest) as T;
}
