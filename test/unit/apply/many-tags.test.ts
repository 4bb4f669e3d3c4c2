import { describe, expect, it } from 'vitest';
import { Journal } from '../../../src/apply/journal.ts';
import { push } from '../../../src/demo/push.ts';
import { SWEEPING } from '../../sweep.ts';
import { withServer } from '../registry/oci-fixture.ts';
import { apply, journalLines, planOf, REPOSITORY, single, temporaryFolder } from './apply-fixture.ts';

const TAGS = SWEEPING ? 500 : 200;

/** Requests that it takes to get rid of all tags of one digest. */
async function requestsFor(keptTag: boolean): Promise<{ applying: number; tagsLeft: number; manifests: number }> {
  const { server, registry } = await withServer();
  const digest = await push(server, REPOSITORY, single('many'), ['old-0', ...(keptTag ? ['keep-0'] : [])]);
  const { tags } = server.storage.repository(REPOSITORY);
  for (let number = 1; number < TAGS; number++) tags.set(`old-${number}`, digest);
  await push(server, REPOSITORY, single('kept'), ['keep-1']);
  const plan = await planOf(registry);
  server.requests.length = 0;
  const folder = await temporaryFolder();
  const report = await apply(plan, registry, { journal: new Journal(folder), concurrency: 16, justRead: () => true });
  expect(report.outcome).toBe('done');
  const manifests = (await journalLines(folder)).filter(({ manifest }) => manifest !== undefined).length;
  return { applying: server.requests.length, tagsLeft: tags.size, manifests };
}

describe('many tags of one digest', () => {
  it('are looked at once before the image goes with all of them', async () => {
    const { applying, tagsLeft } = await requestsFor(false);
    expect(tagsLeft).toBe(1);
    expect(applying).toBeLessThan(TAGS * 1.1);
  });

  it('are taken off one by one where the image stays: each is looked at once, and deleted', async () => {
    const { applying, tagsLeft, manifests } = await requestsFor(true);
    expect(tagsLeft).toBe(2);
    expect(applying).toBeLessThan(TAGS * 2 + 15);
    expect(manifests).toBe(1);
  });
});
