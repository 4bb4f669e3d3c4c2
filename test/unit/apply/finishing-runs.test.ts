import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { begunBy, withFinishingRuns } from '../../../src/apply/finishing-runs.ts';
import { Journal } from '../../../src/apply/journal.ts';
import { readJournal } from '../../../src/documents/read-journal.ts';
import type { DeleteManifestStep } from '../../../src/plan/plan.ts';
import { asDigest } from '../../digest.ts';
import { temporaryFolder } from './apply-fixture.ts';

const REPOSITORY = 'team/app';

function manifest(text: string) {
  const bytes = Buffer.from(JSON.stringify({ text }));
  const digest = asDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  return { digest, mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes };
}

/** A run that was to delete something under each name of a registry, and has deleted some of that. */
async function run(
  folder: string,
  planned: Readonly<Record<string, readonly string[]>>,
  done: Readonly<Record<string, readonly string[]>>,
  finishes: readonly string[] = [],
): Promise<string> {
  const journal = new Journal(folder);
  await journal.start({
    tool: { name: 'regprune', version: '0.0.0' },
    plan: { digest: manifest('plan').digest },
    registries: Object.fromEntries(Object.keys(planned).map((name) => [name, { type: 'oci', url: 'http://127.0.0.1:1' }])),
    finishes,
  });
  for (const [registry, texts] of Object.entries(planned)) {
    const steps = texts.map((text): DeleteManifestStep => ({
      op: 'delete-manifest',
      digest: manifest(text).digest,
      expect: {},
      after: [],
    }));
    await journal.steps({ registry, repository: REPOSITORY, steps, images: [] });
  }
  for (const [registry, texts] of Object.entries(done))
    for (const text of texts) {
      const made = manifest(text);
      await journal.intent({ registry, repository: REPOSITORY, op: 'delete-manifest', digest: made.digest, tags: [text], manifest: made });
    }
  await journal.close();
  return journal.path!;
}

it('a journal has what a later run deleted in its place, once, under the name that it has itself for the registry', async () => {
  const folder = await temporaryFolder();
  const path = await run(folder, { a: ['one', 'both'], b: ['two', 'both'] }, { a: ['one'] });
  const later = await run(folder, { c: ['two', 'both', 'more'] }, { c: ['two', 'both', 'more'] }, [basename(path)]);
  await run(folder, { c: ['two'] }, { c: ['two'] });
  const own = await readJournal(path);
  const { journal, finishedBy, close } = await withFinishingRuns(own, path);
  expect(finishedBy).toEqual([basename(later)]);
  expect(journal.places.map(({ registry }) => registry)).toEqual(['a', 'b']);
  const [a, b] = journal.places;
  const told = (place: typeof a): unknown[] => [...journal.intents(place)].map(({ registry, tags }) => [registry, ...tags]);
  expect(told(a)).toEqual([
    ['a', 'one'],
    ['a', 'both'],
  ]);
  expect(told(b)).toEqual([['b', 'two']]);
  const last = await readJournal(later);
  expect(await begunBy(last, later)).toEqual([path]);
  for (const open of [close, () => own.close(), () => last.close()]) await open();
});
