import { badAnswer } from '../../distribution/answer-errors.ts';
import { asObject } from '../../domain/json.ts';
import type { QuayClient } from './client.ts';

/** What is switched on in a Quay. */
export interface Features {
  /** It records pulls (FEATURE_IMAGE_PULL_STATS). */
  readonly pullStatistics: boolean;
  /** It deletes tags by policies of its own (FEATURE_AUTO_PRUNE). */
  readonly autoPrune: boolean;
  /** It scans images (FEATURE_SECURITY_SCANNER). */
  readonly securityScanner: boolean;
  /** Tags can be made immutable (FEATURE_IMMUTABLE_TAGS). */
  readonly immutability: boolean;
}

/** Asks a Quay what is switched on: its description of its own API lists only that. */
export async function readFeatures(client: QuayClient): Promise<Features> {
  const doing = `find out what is switched on in the registry ${client.name}`;
  const paths = asObject((await client.get({ doing, path: '/discovery' }))['paths']);
  const names = Object.keys(paths ?? {});
  if (!names.some((path) => /^\/api\/v1\/repository\/\{\w+\}\/tag\/$/.test(path))) {
    throw badAnswer(doing, 'its description of its API (/api/v1/discovery) has no list of tags');
  }
  return {
    pullStatistics: names.some((path) => /\/manifest\/\{\w+\}\/pull_statistics$/.test(path)),
    securityScanner: names.some((path) => /\/manifest\/\{\w+\}\/security$/.test(path)),
    autoPrune: names.some((path) => /^\/api\/v1\/repository\/\{\w+\}\/autoprunepolicy\/$/.test(path)),
    immutability: names.some((path) => /^\/api\/v1\/repository\/\{\w+\}\/immutabilitypolicy\/$/.test(path)),
  };
}
