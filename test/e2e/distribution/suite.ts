import { describe } from 'vitest';
import { skipWithout } from '../servers/server-binaries.ts';
import { testAccess } from './access.ts';
import { testApplying } from './applying.ts';
import { testCrash } from './crash.ts';
import { useFilledRegistry } from './filled-registry.ts';
import { testRacing } from './racing.ts';
import { testReading } from './reading.ts';

/** The built program against a real distribution server, filled by real clients. */
export function testDistribution(version: 2 | 3): void {
  const binary = version === 2 ? 'docker-registry' : 'registry3';
  describe.skipIf(skipWithout(binary, 'skopeo', 'openssl'))(`distribution ${version} (needs ${binary}, skopeo, openssl)`, () => {
    const filled = useFilledRegistry(version);
    describe('reading', () => testReading(filled));
    describe('applying', () => testApplying(filled));
    describe('access', () => testAccess(filled));
    describe('a crash', () => testCrash(filled));
    describe('a race', () => testRacing(version));
  });
}
