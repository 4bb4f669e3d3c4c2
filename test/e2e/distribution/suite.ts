import { describe } from 'vitest';
import { SWEEPING } from '../../sweep.ts';
import { skipWithout } from '../servers/server-binaries.ts';
import { testAccess } from './access.ts';
import { testApplying } from './applying.ts';
import { testCrash } from './crash.ts';
import { useFilledRegistry } from './filled-registry.ts';
import { testRacing } from './racing.ts';
import { testReading } from './reading.ts';

/**
 * The built program against a real distribution server, filled by real clients. Everyday, what version 3 does otherwise is what becomes of
 * deletions; where there is time, it is asked for all that version 2 is.
 */
export function testDistribution(version: 2 | 3): void {
  const binary = version === 2 ? 'docker-registry' : 'registry3';
  describe.skipIf(skipWithout(binary, 'skopeo', 'openssl'))(`distribution ${version} (needs ${binary}, skopeo, openssl)`, () => {
    const filled = useFilledRegistry(version);
    describe('applying', () => testApplying(filled));
    if (version === 3 && !SWEEPING) return;
    describe('reading', () => testReading(filled));
    describe('access', () => testAccess(filled));
    describe('a crash', () => testCrash(filled));
    describe('a race', () => testRacing(version));
  });
}
