import { printable, redact } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, type JsonObject } from '../../domain/json.ts';
import type { Asked } from './answer-errors.ts';
import type { GarClient } from './client.ts';

/** How a long-running operation ended. */
export interface OperationEnd {
  /** Why it failed, by google.rpc.Code. */
  readonly error?: { readonly code: number; readonly text: string };
  /** Resource names of the versions that a batch did not delete. */
  readonly failedVersions: readonly string[];
}

const NAME = /^projects\/[^/?#]+\/locations\/[^/?#]+\/operations\/[^/?#]+$/;
/** google.rpc.Code */
const UNKNOWN = 2;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const PATIENCE_MS = 10 * 60_000;

/** Waits for the end of an operation (google.longrunning.Operation). Throws `REGISTRY_ERROR` for one that does not end in ten minutes. */
export async function waitForOperation(client: GarClient, first: JsonObject, asked: Asked): Promise<OperationEnd> {
  let operation = first;
  let waited = 0;
  for (let wait = FIRST_WAIT_MS; operation['done'] !== true; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    const name = asText(operation['name']) ?? '';
    if (!NAME.test(name)) throw badAnswer(asked.doing, 'the answer is not an operation');
    if (waited >= PATIENCE_MS) {
      throw new ToolError(
        'REGISTRY_ERROR',
        `Cannot ${asked.doing}: the operation ${name} has not ended after ${PATIENCE_MS / 60_000} minutes.`,
        {
          hint: 'Run again later: what was deleted meanwhile is then gone.',
        },
      );
    }
    // A deletion that was begun is seen to its end, whatever happens.
    await client.clock.sleep(wait, new AbortController().signal);
    waited += wait;
    operation = await client.get({ ...asked, path: name });
  }
  const error = asObject(operation['error']);
  const failed = asList(asObject(operation['metadata'])?.['failedVersions']);
  if (!failed?.every((name): name is string => typeof name === 'string'))
    throw badAnswer(asked.doing, 'what it failed to delete is not a list');
  if (!error) return { failedVersions: failed };
  const text = printable(redact(asText(error['message']) ?? ''))
    .slice(0, 600)
    .replace(/[.\s]*$/, '');
  return { error: { code: Number(error['code'] ?? UNKNOWN), text }, failedVersions: failed };
}
