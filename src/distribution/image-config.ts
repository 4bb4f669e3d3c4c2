import type { Digest } from '../domain/digest.ts';
import { asObject, asText, asTextMap, type JsonObject } from '../domain/json.ts';

/** What an image's config says about it. Source: OCI image-spec, config.md; Docker's is the same in these fields. */
export interface ImageConfig {
  /** As written there. */
  readonly created?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `os/architecture[/variant]` */
  readonly platform?: string;
}

/** What configs say, by their digests. Undefined: none was read, so that nothing is known of what they would say. */
export type ImageConfigs = ReadonlyMap<Digest, ImageConfig> | undefined;

const TYPES = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];

/** True of the media types of an image's config, as opposed to the config of a chart or a plugin and the empty config. */
export function isImageConfigType(mediaType: string): boolean {
  return TYPES.includes(mediaType);
}

/** Reads an image's config. */
export function readImageConfig(json: JsonObject): ImageConfig {
  const created = asText(json['created']);
  const labels = asTextMap(asObject(json['config'])?.['Labels']);
  const platform = platformText(json);
  return { ...(created !== undefined && { created }), ...(labels && { labels }), ...(platform !== undefined && { platform }) };
}

/** `os/architecture[/variant]` of a config or of a descriptor's platform; undefined where it names no platform or says `unknown`. */
export function platformText(json: JsonObject | undefined): string | undefined {
  const os = asText(json?.['os']);
  const architecture = asText(json?.['architecture']);
  if (os === undefined || architecture === undefined || isUnknownPlatform(json)) return undefined;
  const variant = asText(json?.['variant']);
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** True of the platform that BuildKit gives to attestations (moby/buildkit, docs/attestations/attestation-storage.md). */
export function isUnknownPlatform(json: JsonObject | undefined): boolean {
  return json?.['os'] === 'unknown' && json['architecture'] === 'unknown';
}
