import { type Digest, digestOf } from '../domain/digest.ts';

/** A digest for something that does not exist yet, another one for each number. They differ in their first digits. */
export function digestNumber(number: number): Digest {
  return digestOf(`sha256:${number.toString(16).padStart(16, '0')}${'f'.repeat(48)}`);
}
