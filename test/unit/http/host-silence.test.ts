import { expect, test } from 'vitest';
import { HostSilence } from '../../../src/http/host-silence.ts';

test('requests side by side that get no answer count once: two rounds make a host silent, and any answer ends it', () => {
  const silence = new HostSilence();
  for (let request = 0; request < 8; request++) silence.timedOut(0, 120);
  expect(silence.isSilent).toBe(false);
  silence.timedOut(121, 241);
  expect(silence.isSilent).toBe(true);
  silence.answered();
  expect(silence.isSilent).toBe(false);
});
