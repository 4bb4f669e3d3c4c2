import type { Digest } from '../domain/digest.ts';
import { artifact, content, EMPTY_CONFIG, type IndexEntry, type Pushable } from './image.ts';

/**
 * The tag that cosign gives to what it attaches to a digest; without `suffix`, the referrers fallback tag (distribution-spec, "Referrers
 * Tag Schema").
 */
export function attachmentTag(digest: Digest, suffix?: 'sig' | 'att' | 'sbom'): string {
  return `${digest.replace(':', '-')}${suffix === undefined ? '' : `.${suffix}`}`;
}

/** A signature as cosign stores it under the tag `sha256-<hex>.sig` of the signed digest: no `subject`, the tag alone ties the two. */
export function cosignSignature(signed: Pushable): Pushable {
  const payload = JSON.stringify({
    critical: { image: { 'docker-manifest-digest': signed.digest }, type: 'cosign container image signature' },
  });
  const signature = { 'dev.cosignproject.cosign/signature': Buffer.from(signed.digest).toString('base64') };
  return artifact({
    config: content('application/vnd.oci.image.config.v1+json', JSON.stringify({ architecture: '', os: '', config: {} })),
    layers: [content('application/vnd.dev.cosign.simplesigning.v1+json', payload, signature)],
  });
}

/** A software bill of materials that refers to its image by `subject`. */
export function sbom(subject: Pushable, created: string): Pushable {
  const document = JSON.stringify({ spdxVersion: 'SPDX-2.3', name: subject.digest, creationInfo: { created } });
  return artifact({
    artifactType: 'application/spdx+json',
    config: EMPTY_CONFIG,
    layers: [content('application/spdx+json', document)],
    subject,
    annotations: { 'org.opencontainers.image.created': created },
  });
}

/**
 * The provenance that buildx puts next to an image in the same index (BuildKit, docs/attestations/attestation-storage.md). With `subject`,
 * as newer BuildKit writes it, it is a child of the index and a referrer of the image at once.
 */
export function attestation(of: Pushable, { subject = false }: { readonly subject?: boolean } = {}): IndexEntry {
  const predicate = 'https://slsa.dev/provenance/v0.2';
  const statement = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: [{ digest: of.digest }],
    predicateType: predicate,
  });
  const config = JSON.stringify({ architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: [of.digest] } });
  const child = artifact({
    config: content('application/vnd.oci.image.config.v1+json', config),
    layers: [content('application/vnd.in-toto+json', statement, { 'in-toto.io/predicate-type': predicate })],
    ...(subject && { artifactType: 'application/vnd.docker.attestation.manifest.v1+json', subject: of }),
  });
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': of.digest };
  return { child, platform: 'unknown/unknown', annotations };
}

/** A Helm chart as `helm push` stores it. Its config tells no time; `created` stands in an annotation. */
export function helmChart({
  name,
  version,
  created,
}: {
  readonly name: string;
  readonly version: string;
  readonly created: string;
}): Pushable {
  return artifact({
    config: content('application/vnd.cncf.helm.config.v1+json', JSON.stringify({ apiVersion: 'v2', name, version, type: 'application' })),
    layers: [content('application/vnd.cncf.helm.chart.content.v1.tar+gzip', `chart ${name} ${version}`)],
    annotations: {
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.created': created,
    },
  });
}
