import { createHash } from 'node:crypto';
import { type Digest, digestOf } from '../domain/digest.ts';
import { byCodeUnit } from '../domain/compare.ts';
import type { PolicySpec } from '../policy/schema.ts';

/** sha256 of a policy's canonical JSON: the same for the same policy, however its file is written. */
export function policyDigest(policy: PolicySpec): Digest {
  return digestOf(`sha256:${createHash('sha256').update(canonicalJson(policy)).digest('hex')}`);
}

/** JSON without white space, the keys of every object sorted by code unit; absent values are left out. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`)
    .join(',')}}`;
}
