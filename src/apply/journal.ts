import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GuardedFile, syncFolder } from '../diagnostics/guarded-file.ts';
import { makeFolder } from '../diagnostics/make-folder.ts';
import { holdsSecret } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { type Digest, digestStart } from '../domain/digest.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { CopyLine, Intent, JournalHeader, PlannedSteps, RepairLine } from '../documents/journal.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { Counts } from './apply-report.ts';

interface Pending {
  readonly line: string;
  readonly resolve: (written: Written) => void;
  readonly reject: (error: ToolError) => void;
}

/** Where a line stands in the file, in bytes. */
interface Written {
  readonly offset: number;
  readonly length: number;
}

/**
 * Writes the journal of one run: JSON Lines, only ever appended to, each line on the disk before its promise resolves. Lines that come
 * while the disk is busy go to it together. After the first failure nothing more is written, so that a torn line can only be the last one.
 *
 * Every method throws `JOURNAL_WRITE`.
 */
export class Journal {
  readonly folder: string;
  readonly #openFile: (path: string) => Promise<GuardedFile>;
  #path: string | undefined;
  #file: GuardedFile | undefined;
  #size = 0;
  #lastId = 0;
  #pending: Pending[] = [];
  #writing = false;
  #failure: ToolError | undefined;
  /** Where the line with a manifest stands, by the start of its digest: a million deletions need 60 MB for that. */
  readonly #lines = { numbers: new Map<number, number>(), offsets: [] as number[], lengths: [] as number[] };

  /** Touches nothing before {@link start}. `openFile` opens the file to write to. */
  constructor(folder: string, openFile: (path: string) => Promise<GuardedFile> = (path) => GuardedFile.open(path, 'ax+', 0o600)) {
    this.folder = folder;
    this.#openFile = openFile;
  }

  /** Undefined before {@link start}. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Why nothing can be written any more. */
  get failure(): ToolError | undefined {
    return this.#failure;
  }

  /** Makes the folder and the file, and writes the header. */
  async start(header: Omit<JournalHeader, 'kind' | 'formatVersion' | 'createdAt'>): Promise<void> {
    const createdAt = new Date().toISOString();
    // By name in the order of their runs, which is the reverse of that in which they are undone.
    const path = join(this.folder, `${createdAt.replace(/[:.]/g, '-')}-${randomBytes(4).toString('hex')}.jsonl`);
    this.#path = path;
    try {
      await makeFolder(this.folder);
      this.#file = await this.#openFile(path);
      await syncFolder(this.folder);
    } catch (error) {
      throw this.#fail(error);
    }
    const { tool, plan, registries, finishes } = header;
    const line: JournalHeader = { kind: 'Journal', formatVersion: '1.0', tool, createdAt, plan, registries };
    await this.#append({ ...line, ...(finishes && { finishes }) });
  }

  /** What is going to be done in a repository: written before its first intent, so that a later run can finish it. */
  async steps({ registry, repository, steps, images }: PlannedSteps): Promise<void> {
    await this.#append({ kind: 'steps', registry, repository, steps, images });
  }

  /** Written once an image was seen whole in the place that it was copied to, before any of it is deleted. */
  async copy({ registry, repository, digest, parts, to }: CopyLine): Promise<void> {
    await this.#append({ kind: 'copy', at: now(), registry, repository, digest, parts, to });
  }

  /**
   * Written before a deletion is asked for. Answers the intent's number, for its outcome. Throws `NOT_APPLYABLE` for an image that has a
   * known secret in its manifest, in the base64 of that, or in its tags: the journal must hold them as they are, and never a secret.
   */
  async intent(intent: Intent): Promise<number> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { registry, repository, op, digest, tags, manifest, known, unreadable } = intent;
    const content = manifest && { mediaType: manifest.mediaType, manifest: Buffer.from(manifest.bytes).toString('base64') };
    const facts = known ? [JSON.stringify(known)] : [];
    const texts = [repository, ...tags, ...facts, ...(content ? [content.manifest, Buffer.from(manifest.bytes).toString('utf8')] : [])];
    if (texts.some(holdsSecret)) throw secretIn(intent);
    const why = unreadable === undefined ? {} : { unreadable };
    const line = { kind: 'intent', id, at: now(), registry, repository, op, digest, tags, ...(known && { known }), ...why, ...content };
    const { offset, length } = await this.#append(line);
    if (manifest) this.#note(digest, offset, length);
    return id;
  }

  async outcome(id: number, outcome: StepOutcome, message?: string): Promise<void> {
    await this.#append({ kind: 'outcome', id, at: now(), outcome, ...(message !== undefined && { message }) });
  }

  async repair({ registry, repository, digest, tag, restored, message }: RepairLine): Promise<void> {
    await this.#append({ kind: 'repair', at: now(), registry, repository, digest, ...(tag !== undefined && { tag }), restored, message });
  }

  /** The last line. `unfinished` tells that something may be left that a later run can only find by this journal. */
  async end(summary: { readonly outcome: string; readonly counts: Counts; readonly unfinished: boolean }): Promise<void> {
    await this.#append({ kind: 'end', at: now(), ...summary });
  }

  /** A manifest that an intent holds, read back from the file, where it is however much is deleted. */
  async manifest(digest: Digest): Promise<RawManifest | undefined> {
    const { numbers, offsets, lengths } = this.#lines;
    const number = numbers.get(digestStart(digest));
    if (number === undefined || !this.#file) return undefined;
    const text = await this.#file.read(offsets[number] as number, lengths[number] as number);
    const line = JSON.parse(text) as { readonly digest: Digest; readonly mediaType: string; readonly manifest: string };
    // Another one may have the same start.
    return line.digest === digest ? { digest, mediaType: line.mediaType, bytes: Buffer.from(line.manifest, 'base64') } : undefined;
  }

  #note(digest: Digest, offset: number, length: number): void {
    const { numbers, offsets, lengths } = this.#lines;
    numbers.set(digestStart(digest), offsets.length);
    offsets.push(offset);
    lengths.push(length);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #append(line: object): Promise<Written> {
    if (this.#failure) throw this.#failure;
    return new Promise<Written>((resolve, reject) => {
      this.#pending.push({ line: `${JSON.stringify(line)}\n`, resolve, reject });
      if (!this.#writing) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      let lengths: number[];
      try {
        if (this.#failure || !this.#file || this.#path === undefined) throw this.#failure ?? new Error('it is not open');
        lengths = await this.#file.append(batch.map(({ line }) => line));
        await this.#file.datasync();
        // A file whose name was taken away takes all that is written to it, and nobody finds it again.
        await stat(this.#path);
      } catch (error) {
        const failure = this.#fail(error);
        for (const { reject } of batch) reject(failure);
        continue;
      }
      for (const [index, { resolve }] of batch.entries()) {
        const length = lengths[index] as number;
        resolve({ offset: this.#size, length });
        this.#size += length;
      }
    }
    this.#writing = false;
  }

  #fail(cause: unknown): ToolError {
    this.#failure ??= new ToolError('JOURNAL_WRITE', `cannot write the journal ${this.#path ?? this.folder}: ${(cause as Error).message}`, {
      hint: 'make room, or give a journal folder that can be written to. Nothing is deleted without its line in the journal',
      cause,
    });
    return this.#failure;
  }
}

function secretIn({ registry, repository, digest }: Intent): ToolError {
  return new ToolError(
    'NOT_APPLYABLE',
    `${registry}/${repository}@${digest} holds a password or token that this run knows, in its manifest, tags or labels. ` +
      'The journal would have to hold it too, so the image is not deleted.',
    { hint: 'Change that password or token, which everybody who can read the repository knows, and run again.' },
  );
}

function now(): string {
  return new Date().toISOString();
}
