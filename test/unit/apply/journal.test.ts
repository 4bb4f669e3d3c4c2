import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_COUNTS } from '../../../src/apply/apply-report.ts';
import { Journal } from '../../../src/apply/journal.ts';
import { GuardedFile } from '../../../src/diagnostics/guarded-file.ts';
import { rememberSecret } from '../../../src/diagnostics/redact.ts';
import { readJournal } from '../../../src/documents/read-journal.ts';
import { wholeJournal } from '../../whole-journal.ts';
import { failure, withServer } from '../registry/oci-fixture.ts';
import { SWEEPING } from '../../sweep.ts';
import { apply, contents, fillRepository, planOf, temporaryFolder } from './apply-fixture.ts';
import { asDigest } from '../../digest.ts';

const MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const PLAN = { digest: asDigest(`sha256:${'1'.repeat(64)}`) };
const PLACE = { registry: 'prod', repository: 'team/app' };

function manifest(text: string) {
  const bytes = Buffer.from(JSON.stringify({ text }));
  return { digest: asDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`), mediaType: MEDIA_TYPE, bytes };
}

async function started(journal: Journal): Promise<Journal> {
  await journal.start({
    tool: { name: 'regprune', version: '0.0.0' },
    plan: PLAN,
    registries: { prod: { type: 'oci', url: 'http://127.0.0.1:1' } },
  });
  return journal;
}

/** A journal of two deletions, the second without an outcome. */
async function written(): Promise<{ path: string; text: string; lines: string[] }> {
  const journal = await started(new Journal(await temporaryFolder()));
  await journal.steps({
    ...PLACE,
    steps: [{ op: 'delete-manifest', digest: manifest('a').digest, expect: {}, after: [] }],
    images: [{ digest: manifest('a').digest, tags: [], size: 1 }],
  });
  const id = await journal.intent({
    ...PLACE,
    op: 'delete-manifest',
    digest: manifest('a').digest,
    tags: ['v1', '__proto__'],
    manifest: manifest('a'),
  });
  await journal.outcome(id, 'deleted');
  await journal.intent({ ...PLACE, op: 'delete-tag', digest: manifest('b').digest, tags: ['v2'], manifest: manifest('b') });
  await journal.end({ outcome: 'partial', counts: NO_COUNTS, unfinished: true });
  await journal.close();
  const text = await readFile(journal.path!, 'utf8');
  return { path: journal.path!, text, lines: text.split('\n') };
}

describe('a journal', () => {
  it('is for its owner only, and is read back as it was written', async () => {
    const { path } = await written();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const { header, intents, steps } = await wholeJournal(path);
    expect(header).toMatchObject({ kind: 'Journal', formatVersion: '1.0', plan: PLAN });
    expect(steps).toHaveLength(1);
    expect(intents).toEqual([
      {
        id: 1,
        ...PLACE,
        op: 'delete-manifest',
        digest: manifest('a').digest,
        tags: ['v1', '__proto__'],
        manifest: manifest('a'),
        outcome: 'deleted',
      },
      { id: 2, ...PLACE, op: 'delete-tag', digest: manifest('b').digest, tags: ['v2'], manifest: manifest('b') },
    ]);
  });

  it('refuses an image that it would have to change, since it never holds a secret: in manifest, base64, tag or label', async () => {
    const journal = await started(new Journal(await temporaryFolder()));
    const [plain, encoded] = [manifest('holds-hunter2-within'), manifest('another one')];
    for (const secret of ['hunter2-within', Buffer.from(encoded.bytes).toString('base64').slice(9, 33), 'my-secret-tag'])
      rememberSecret(secret);
    const refused = { code: 'NOT_APPLYABLE', message: expect.stringContaining('holds a password or token') as string };
    const intent = { ...PLACE, op: 'delete-manifest', tags: ['v1'] } as const;

    await expect(journal.intent({ ...intent, digest: plain.digest, manifest: plain })).rejects.toMatchObject(refused);
    await expect(journal.intent({ ...intent, digest: encoded.digest, manifest: encoded })).rejects.toMatchObject(refused);
    await expect(journal.intent({ ...intent, digest: encoded.digest, tags: ['my-secret-tag'] })).rejects.toMatchObject(refused);
    const known = { labels: ['my-secret-tag'] };
    await expect(journal.intent({ ...intent, digest: encoded.digest, known })).rejects.toMatchObject(refused);
    await journal.close();
  });

  it('gives a manifest back while it is still being written', async () => {
    const journal = await started(new Journal(await temporaryFolder()));
    const texts = Array.from({ length: 20 }, (_, index) => `manifest ${index} ${'x'.repeat(index * 100)}`);
    await Promise.all(
      texts.map((text) =>
        journal.intent({ ...PLACE, op: 'delete-manifest', digest: manifest(text).digest, tags: [], manifest: manifest(text) }),
      ),
    );
    for (const text of texts) expect(await journal.manifest(manifest(text).digest)).toEqual(manifest(text));
    expect(await journal.manifest(PLAN.digest)).toBeUndefined();
    await journal.close();
  });

  it('has a line on the disk before it says so, and lines that come together go together', async () => {
    const calls: string[] = [];
    const journal = await started(
      new Journal(await temporaryFolder(), async (path) => {
        const file = await open(path, 'ax+');
        const [append, sync] = [file.appendFile.bind(file), file.datasync.bind(file)];
        file.appendFile = (data, options) => {
          calls.push('append');
          return append(data, options);
        };
        file.datasync = async () => {
          await sync();
          calls.push('sync');
        };
        return new GuardedFile(file);
      }),
    );
    expect(calls).toEqual(['append', 'sync']);
    await Promise.all([1, 2, 3].map((id) => journal.outcome(id, 'deleted').then(() => calls.push(`told ${id}`))));
    expect(calls.filter((call) => !call.startsWith('told')).slice(2)).toEqual(['append', 'sync', 'append', 'sync']);
    expect(calls.indexOf('told 1')).toBeGreaterThan(calls.indexOf('sync', 2));
    expect(calls.slice(-3)).toEqual(['sync', 'told 2', 'told 3']);
    await journal.close();
  });

  it('makes its folder for its owner only', async () => {
    const folder = join(await temporaryFolder(), 'state', 'journals');
    await (await started(new Journal(folder))).close();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('cut off at any byte reads as far as its last whole line', async () => {
    const { path, text, lines } = await written();
    const headerEnd = lines[0]!.length + 1;
    for (let length = 0; length <= text.length; length++) {
      const isAtAnEnd = text[length - 1] === '\n' || text[length] === '\n';
      if (!SWEEPING && !isAtAnEnd && length % 7 !== 0) continue;
      await writeFile(path, text.slice(0, length));
      if (length < headerEnd) {
        expect((await failure(readJournal(path))).code).toBe('JOURNAL_INVALID');
        continue;
      }
      const whole = text.slice(0, length).split('\n').slice(0, -1);
      const { intents } = await wholeJournal(path);
      expect(intents).toHaveLength(whole.filter((line) => line.includes('"kind":"intent"')).length);
      expect(intents.filter(({ outcome }) => outcome !== undefined)).toHaveLength(
        whole.filter((line) => line.includes('"kind":"outcome"')).length,
      );
    }
  });

  it.each<[string, number, (lines: string[]) => void]>([
    ['no header', 1, (lines) => void lines.shift()],
    ['another kind', 1, (lines) => void (lines[0] = lines[0]!.replace('"Journal"', '"Plan"'))],
    ['another format', 1, (lines) => void (lines[0] = lines[0]!.replace('"1.0"', '"2.0"'))],
    ['a line that is no JSON', 3, (lines) => void (lines[2] = lines[2]!.slice(0, -9))],
    ['a line that is no object', 2, (lines) => void (lines[1] = '[]')],
    [
      'other bytes under a digest',
      3,
      (lines) => void (lines[2] = lines[2]!.replace(/"manifest":"[^"]*"/, `"manifest":"${Buffer.from('{}').toString('base64')}"`)),
    ],
    ['bytes that are no base64', 3, (lines) => void (lines[2] = lines[2]!.replace(/"manifest":"/, '"manifest":"!'))],
    ['a digest that is none', 3, (lines) => void (lines[2] = lines[2]!.replace(/"digest":"sha256:./, '"digest":"sha256:'))],
    ['a repository that leads elsewhere', 3, (lines) => void (lines[2] = lines[2]!.replace('team/app', 'team/../other'))],
    ['a registry that the header does not name', 3, (lines) => void (lines[2] = lines[2]!.replace('"prod"', '"evil"'))],
    ['a tag that is none', 3, (lines) => void (lines[2] = lines[2]!.replace('"v1"', '"v/1"'))],
    ['a media type that would be two headers', 3, (lines) => void (lines[2] = lines[2]!.replace(MEDIA_TYPE, 'a/b\\r\\nX-Evil: 1'))],
    ['an operation that is none', 3, (lines) => void (lines[2] = lines[2]!.replace('delete-manifest', 'put-manifest'))],
    ['an outcome of nothing', 4, (lines) => void (lines[3] = lines[3]!.replace('"id":1', '"id":7'))],
    ['an outcome that is none', 4, (lines) => void (lines[3] = lines[3]!.replace('"deleted"', '"done"'))],
    ['a second outcome', 5, (lines) => void lines.splice(4, 0, lines[3]!)],
    ['a second intent of the same number', 4, (lines) => void lines.splice(3, 0, lines[2]!)],
    ['steps out of order', 2, (lines) => void (lines[1] = lines[1]!.replace('"after":[]', `"after":["${PLAN.digest}"]`))],
  ])('that was tampered with is refused with its line: %s', async (_, line, spoil) => {
    const { path, lines } = await written();
    spoil(lines);
    await writeFile(path, lines.join('\n'));
    expect(await failure(readJournal(path))).toMatchObject({ code: 'JOURNAL_INVALID', message: expect.stringContaining(`line ${line}:`) });
  });

  it('is not mistaken for a missing file', async () => {
    expect(await failure(readJournal(join(await temporaryFolder(), 'none.jsonl')))).toMatchObject({
      code: 'FILE',
      exitCode: 3,
      message: expect.stringContaining('none.jsonl: the journal cannot be read: there is no such file.'),
    });
  });
});

/** A journal of deletions in two repositories that went side by side. */
async function ofTwo(): Promise<string> {
  const journal = await started(new Journal(await temporaryFolder()));
  const [app, other] = [PLACE, { registry: 'prod', repository: 'team/other' }];
  for (const place of [app, other]) await journal.steps({ ...place, steps: [], images: [] });
  const begin = async (place: typeof PLACE, text: string): Promise<void> => {
    const made = manifest(text);
    await journal.intent({ ...place, op: 'delete-manifest', digest: made.digest, tags: [text], manifest: made });
  };
  await begin(other, 'a');
  await begin(app, 'b');
  await begin(other, 'c');
  await journal.copy({ ...other, digest: manifest('a').digest, parts: [], to: app });
  await journal.outcome(3, 'locked');
  await journal.close();
  return journal.path!;
}

describe('a journal that is open', () => {
  it('is read again one repository after the other, each in the order of its lines', async () => {
    const journal = await readJournal(await ofTwo());
    expect(journal.planned.map(({ repository }) => repository)).toEqual(['team/app', 'team/other']);
    expect(journal.places.map(({ repository }) => repository)).toEqual(['team/other', 'team/app']);
    const [other, app] = journal.places;
    expect([...journal.intents()].map(({ id }) => id)).toEqual([1, 2, 3]);
    expect([...journal.intents(app)].map(({ id, tags }) => [id, ...tags])).toEqual([[2, 'b']]);
    expect([...journal.intents(other)].map(({ id, outcome }) => [id, outcome])).toEqual([
      [1, undefined],
      [3, 'locked'],
    ]);
    expect([...journal.intents(other)].map((intent) => intent.manifest?.())).toEqual([manifest('a'), manifest('c')]);
    expect([...journal.steps(app!)]).toEqual([{ ...app, steps: [], images: [] }]);
    expect([...journal.copies(app)]).toEqual([]);
    expect([...journal.copies(other)]).toEqual([...journal.copies()]);
    expect([...journal.copies()]).toHaveLength(1);
    expect([...journal.intents({ registry: 'prod', repository: 'team/none' })]).toEqual([]);
    await journal.close();
  });

  it('is the file that was checked, also when that is moved away and another one stands in its place', async () => {
    const path = await ofTwo();
    const journal = await readJournal(path);
    await rename(path, `${path}.old`);
    await writeFile(path, 'something else\n');
    expect([...journal.intents()].map((intent) => intent.manifest?.())).toEqual(['a', 'b', 'c'].map(manifest));
    await journal.close();
  });

  it.each<[string, string, (text: string) => string]>([
    ['is shorter', 'FILE', (text) => text.slice(0, text.length / 4)],
    ['has other bytes under a digest', 'JOURNAL_INVALID', (text) => text.replace(base64Of('a'), base64Of('d'))],
    ['has another digest', 'JOURNAL_INVALID', (text) => text.replace(manifest('a').digest, manifest('d').digest)],
    ['has the lines of another repository', 'JOURNAL_INVALID', (text) => text.replaceAll('team/other', 'team/third')],
    ['has no JSON there', 'JOURNAL_INVALID', (text) => text.replaceAll('"kind":"intent"', '"kind":"intent ')],
  ])('is not taken for what was checked where it %s by now', async (_, code, change) => {
    const path = await ofTwo();
    const journal = await readJournal(path);
    const [other] = journal.places;
    const [before] = [...journal.intents(other)];
    await writeFile(path, change(await readFile(path, 'utf8')));
    expect(thrown(() => [...journal.intents(other)].map((intent) => intent.manifest?.()))).toMatchObject({ code });
    expect(thrown(() => before?.manifest?.())).toMatchObject({ code });
    await journal.close();
  });

  it.skipIf(process.platform !== 'linux')('may come through a pipe, which cannot be read twice', async () => {
    const fifo = join(await temporaryFolder(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const both = await open(fifo, 'r+');
    const reading = readJournal(`/proc/self/fd/${both.fd}`);
    // More than a pipe holds: once all is written, somebody reads it.
    await both.writeFile(`${await readFile(await ofTwo(), 'utf8')}${JSON.stringify({ kind: 'note', text: 'x'.repeat(200_000) })}\n`);
    await both.close();
    const journal = await reading;
    expect([...journal.intents()].map((intent) => intent.manifest?.())).toEqual(['a', 'b', 'c'].map(manifest));
    await journal.close();
  });

  it('may have a line of more than 64 MB, as of the steps of 200,000 deletions', async () => {
    const { path, lines } = await written();
    const steps = JSON.parse(lines[1]!) as object;
    await writeFile(path, `${lines[0]}\n${JSON.stringify({ ...steps, padding: 'x'.repeat(65 * 2 ** 20) })}\n`);
    const journal = await readJournal(path);
    expect(journal.planned).toEqual([PLACE]);
    await journal.close();
  });
});

function base64Of(text: string): string {
  return Buffer.from(manifest(text).bytes).toString('base64');
}

function thrown(work: () => unknown): unknown {
  try {
    return { returned: work() };
  } catch (error) {
    return error;
  }
}

/** Opens a file whose n-th write does what a full file system does: part of the line, and then the error. Later writes succeed again. */
function failing(nth: number): (path: string) => Promise<GuardedFile> {
  return async (path) => {
    const file = await open(path, 'ax+');
    const append = file.appendFile.bind(file);
    let writes = 0;
    file.appendFile = async (data, options) => {
      writes += 1;
      if (writes !== nth) return append(data, options);
      await append((data as Buffer).subarray(0, 10));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    return new GuardedFile(file);
  };
}

describe('a journal that cannot be written', () => {
  it.skipIf(process.platform !== 'linux')('on a full disk, nothing is deleted', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const before = contents(server);
    const error = await failure(
      apply(plan, registry, { journal: new Journal(await temporaryFolder(), () => GuardedFile.open('/dev/full', 'a')) }),
    );
    expect(error).toMatchObject({ code: 'JOURNAL_WRITE', message: expect.stringContaining('ENOSPC') });
    expect(contents(server)).toEqual(before);
  });

  it('on a disk that fills up, nothing is deleted without its line', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const journal = new Journal(await temporaryFolder(), failing(6));
    const report = await apply(plan, registry, { journal });
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'JOURNAL_WRITE' }, counts: { deleted: 2, failed: 0 } });
    const { intents } = await wholeJournal(report.journal!);
    expect(intents).toHaveLength(2);
    expect(report.counts.skipped).toBe(plan.repositories[0]!.steps.length - 2);
  });

  it('that somebody deletes ends the run: what is written to it would be lost', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    const plan = await planOf(registry);
    const journal = new Journal(await temporaryFolder());
    const off = server.onRequest(async ({ method }) => {
      if (method !== 'DELETE' || journal.path === undefined) return;
      off();
      await rm(journal.path);
    });
    const report = await apply(plan, registry, { journal });
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'JOURNAL_WRITE' }, counts: { deleted: 1, failed: 0 } });
    expect(report.counts.skipped).toBe(plan.repositories[0]!.steps.length - 1);
  });

  it('stops every other repository too', async () => {
    const { server, registry } = await withServer();
    await fillRepository(server);
    await fillRepository(server, 'team/other');
    const plan = await planOf(registry, ['team/app', 'team/other']);
    const before = contents(server, 'team/other');
    const journal = new Journal(await temporaryFolder(), failing(4));
    server.requests.length = 0;
    const report = await apply(plan, registry, { journal, concurrency: 1 });
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'JOURNAL_WRITE' } });
    expect(contents(server, 'team/other')).toEqual(before);
    expect(server.requests.filter(({ method, path }) => method === 'GET' && path.includes('team/other'))).toEqual([]);
  });

  it('has no line after the one that failed', async () => {
    const journal = await started(new Journal(await temporaryFolder(), failing(2)));
    const intents = ['a', 'b', 'c'].map((text) =>
      journal.intent({ ...PLACE, op: 'delete-manifest', digest: manifest(text).digest, tags: [], manifest: manifest(text) }),
    );
    for (const result of await Promise.allSettled(intents))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_WRITE' } });
    await journal.close();
    expect((await readFile(journal.path!, 'utf8')).split('\n')).toHaveLength(2);
    expect((await wholeJournal(journal.path!)).intents).toEqual([]);
  });
});
