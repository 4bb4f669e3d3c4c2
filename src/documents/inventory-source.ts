import { constants, isUtf8 } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { ByteWindow } from './byte-window.ts';
import { documentBytes, type OpenBytes } from './document-bytes.ts';
import { refuseDevice } from './open-document.ts';
import { fileChunks } from '../diagnostics/file-chunks.ts';
import { unreadable } from '../diagnostics/source.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Inventory, RepositoryInventory } from '../domain/inventory.ts';
import { parseJsonObject } from '../domain/json.ts';
import { checkHeader, type Fields, fieldsOf, type Report } from './fields.ts';
import { checkRepository, timeOf } from './inventory-check.ts';
import { collectProblems, invalid, jsonOr } from './inventory-problems.ts';
import { FLAG, LIST, OBJECT } from './kinds.ts';
import { type Line, linesOf } from './lines.ts';
import {
  type DocumentInParts,
  parseAtOnce,
  parseInParts,
  repositoryAtOnce,
  type RepositoryInParts,
  repositoryOfLine,
} from './repository-parts.ts';

/** An inventory, its repositories one after the other so that not all need to be in memory. */
export interface InventoryStream {
  /**
   * To be gone through once. What is wrong with a repository is thrown when its line is reached or, in a JSON document, behind the last
   * repository.
   */
  readonly repositories: AsyncIterable<RepositoryInventory> | Iterable<RepositoryInventory>;
  /** What the document says of itself, which is known once its repositories have been gone through. */
  readonly head: () => InventoryHead;
}

interface InventoryHead {
  /** ISO 8601; other text where the document does not say. */
  readonly takenAt: string;
  /** True of an inventory that says that it holds only some repositories of its registries. */
  readonly partial: boolean;
}

export interface InventoryReading {
  /** Ends the wait for the writer of a pipe. */
  readonly signal?: AbortSignal;
  /** False: the blobs of the manifests, which are most of a large inventory, are checked and not kept. */
  readonly blobs?: boolean;
}

const NOTHING_SAID: InventoryHead = { takenAt: 'not known', partial: false };

/** Reads an inventory whole: a JSON document, or a `.jsonl` file. Throws `FILE`, and `INVENTORY_INVALID` with what is wrong and where. */
export async function readInventory(file: string): Promise<Inventory> {
  const stream = await openInventory(file);
  const repositories: RepositoryInventory[] = [];
  for await (const repository of stream.repositories) repositories.push(repository);
  return inventoryOf(stream.head(), repositories);
}

/**
 * Opens an inventory: a JSON document, or a `.jsonl` file with one repository in each line, where the first line may be a header
 * (an Inventory without `repositories`). The values of one repository at a time are in memory. Throws as {@link readInventory}, and the
 * signal's reason.
 */
export async function openInventory(file: string, { signal, blobs = true }: InventoryReading = {}): Promise<InventoryStream> {
  if (!file.endsWith('.jsonl')) return inventoryIn(await documentBytes(file, signal), file, blobs);
  const lines = linesOf(readChunks(file, signal));
  const first = await nextLine(lines, file);
  if (!first) throw invalid(file, ['empty: expected a repository in each line'], 1);
  const place = placeOf(file, first);
  const { value } = orElse(
    () => repositoryOfLine(first.text),
    () => jsonOr(place, () => repositoryAtOnce(first.text), NO_LINES),
  );
  if (!OBJECT.is(value) || value['kind'] === undefined)
    return { repositories: repositoriesIn(file, lines, blobs, first), head: () => NOTHING_SAID };
  const problems = collectProblems(place);
  const head = checkHead(value, problems.report);
  if (head && head.object['repositories'] !== undefined)
    head.wrong('repositories', 'in a .jsonl file each repository stands in a line of its own');
  const said = headOf(head);
  problems.throwAny();
  return { repositories: repositoriesIn(file, lines, blobs), head: () => said };
}

/** Reads an inventory document from its text; `file` names it in errors. Throws `INVENTORY_INVALID`. */
export function parseInventory(text: string, file: string): Inventory {
  const bytes = ByteWindow.over(Buffer.from(text));
  const stream = inventoryIn(() => ({ bytes, close: () => {} }), file, true);
  const repositories = [...stream.repositories];
  return inventoryOf(stream.head(), repositories);
}

function inventoryOf({ takenAt, partial }: InventoryHead, repositories: readonly RepositoryInventory[]): Inventory {
  return { kind: 'Inventory', formatVersion: '1.0', takenAt, ...(partial && { partial }), repositories };
}

function inventoryIn(
  open: () => OpenBytes,
  file: string,
  blobs: boolean,
): InventoryStream & { readonly repositories: Iterable<RepositoryInventory> } {
  let said = NOTHING_SAID;
  const check: Check = (document, tell = (head) => (said = head)) => checkDocument(document, file, blobs, tell);
  return { repositories: repositoriesOf(open, file, check), head: () => said };
}

/** Checks a document, and tells what it says of itself. */
type Check = (document: DocumentInParts, tell?: (head: InventoryHead) => void) => Iterable<RepositoryInventory>;

/**
 * The repositories of a document. It is read in parts until one of these is not JSON. Then the whole is parsed: that tells what is
 * wrong, or succeeds where the document is JSON in another form than the one in which the parts were looked for.
 */
function* repositoriesOf(open: () => OpenBytes, file: string, check: Check): Generator<RepositoryInventory> {
  const { bytes, close } = open();
  let passed = 0;
  try {
    for (const repository of check(parseInParts(bytes))) {
      yield repository;
      passed += 1;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // What that says of the document itself ends where a part was wrong.
    const again = passed > 0 ? check(parseInParts(bytes), () => {})[Symbol.iterator]() : undefined;
    let index = 0;
    for (const repository of check(parsedAtOnce(bytes, file))) {
      if (index >= passed) yield repository;
      else if (!isDeepStrictEqual(again?.next().value, repository)) throw otherList(file);
      index += 1;
    }
    if (index < passed) throw otherList(file);
  } finally {
    close();
  }
}

/** What was passed on stands in a list that the same key further down replaces. */
function otherList(file: string): ToolError {
  return invalid(file, ['it has the list "repositories" more than once'], 1);
}

function parsedAtOnce(window: ByteWindow, file: string): DocumentInParts {
  if (window.length > constants.MAX_STRING_LENGTH) throw tooLong(file);
  const bytes = window.slice(0, window.length);
  if (!isUtf8(bytes)) throw invalid(file, ['not UTF-8 text'], 1);
  return jsonOr(
    file,
    () => parseAtOnce(bytes),
    isJsonLines(bytes) ? 'These are JSON lines, one repository each: name the file .jsonl.' : undefined,
  );
}

/** True of a text whose first line is a JSON object, and not all of it. */
function isJsonLines(bytes: Buffer): boolean {
  const end = bytes.indexOf(0x0a);
  return end > 0 && end < bytes.length - 1 && parseJsonObject(bytes.subarray(0, end)) !== undefined;
}

/** Checks a document, one repository after the other. All problems are thrown together, behind the last repository. */
function* checkDocument(
  { value, repositories }: DocumentInParts,
  file: string,
  blobs: boolean,
  tell: (head: InventoryHead) => void,
): Generator<RepositoryInventory> {
  const problems = collectProblems(file);
  const head = checkHead(value, problems.report);
  head?.required('repositories', LIST);
  tell(headOf(head));
  const taken = new Map<string, string>();
  let index = 0;
  for (const { value: entry, manifests } of repositories) {
    const at = `repositories[${index}]`;
    const repository = checkRepository(entry, { manifests, blobs }, at, problems.report);
    if (repository && isFirst(repository, at, at, taken, problems.report)) yield repository;
    index += 1;
  }
  problems.throwAny();
}

/** The repositories of the remaining lines, after the one that was read already. */
async function* repositoriesIn(
  file: string,
  lines: AsyncGenerator<Line>,
  blobs: boolean,
  first?: Line,
): AsyncGenerator<RepositoryInventory> {
  const taken = new Map<string, string>();
  for (let line = first ?? (await nextLine(lines, file)); line; line = await nextLine(lines, file)) {
    const { problems, repository } = checkLine(line.text, placeOf(file, line), blobs);
    if (repository) isFirst(repository, '', `line ${line.number}`, taken, problems.report);
    problems.throwAny();
    if (repository) yield repository;
  }
}

/** Checks a line that is a repository. */
function checkLine(text: string, place: string, blobs: boolean) {
  const check = ({ value, manifests }: RepositoryInParts) => {
    const problems = collectProblems(place);
    if (OBJECT.is(value) && value['kind'] === 'Inventory') problems.report('', 'a second header: expected a repository');
    return { problems, repository: checkRepository(value, { manifests, blobs }, '', problems.report) };
  };
  return orElse(
    () => check(repositoryOfLine(text)),
    () => check(jsonOr(place, () => repositoryAtOnce(text))),
  );
}

/** What reading in parts answers or, where these are not what they seemed, reading at once. */
function orElse<Result>(inParts: () => Result, atOnce: () => Result): Result {
  try {
    return inParts();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return atOnce();
}

function checkHead(value: unknown, report: Report): Fields | undefined {
  const fields = fieldsOf(value, '', report);
  if (fields) checkHeader(fields, 'Inventory');
  return fields;
}

function headOf(head: Fields | undefined): InventoryHead {
  const takenAt = head && timeOf(head, 'takenAt');
  return { takenAt: takenAt ?? NOTHING_SAID.takenAt, partial: head?.optional('partial', FLAG) ?? false };
}

function isFirst(
  { registry, repository }: RepositoryInventory,
  at: string,
  place: string,
  taken: Map<string, string>,
  report: Report,
): boolean {
  const key = `${registry} ${repository}`;
  const first = taken.get(key);
  if (first !== undefined) report(at, `repository "${repository}" of registry "${registry}" is there twice, first in ${first}`);
  else taken.set(key, place);
  return first === undefined;
}

function tooLong(file: string): ToolError {
  return new ToolError('FILE', `${file}: the inventory is too long for one document.`, {
    hint: 'Write it as .jsonl, one repository a line.',
  });
}

async function* readChunks(file: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    await refuseDevice(file);
    yield* fileChunks(file, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(file, 'inventory', error);
  }
}

async function nextLine(lines: AsyncGenerator<Line>, file: string): Promise<Line | undefined> {
  try {
    const next = await lines.next();
    return next.done ? undefined : next.value;
  } catch (error) {
    if (error instanceof ToolError || (error as Error).name === 'AbortError') throw error;
    throw invalid(file, ['not UTF-8 text, or a line is too long'], 1);
  }
}

/** The beginning of a document over several lines, which a pipe wrote, is what is mostly found in the first line of such a file. */
const NO_LINES = 'A .jsonl file has a repository a line, as "inventory -o jsonl" writes it. Is this one JSON document? Name it .json.';

function placeOf(file: string, line: Line): string {
  return `${file}:${line.number}`;
}
