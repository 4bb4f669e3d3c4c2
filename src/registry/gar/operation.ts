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

/**
 * Waits for the end of an operation (google.longrunning.Operation). Throws `REGISTRY_ERROR`, which is under way, for one that has not ended
 * after ten minutes, or when the run is told to wait for nothing more: then the operation is asked for once more, and not again.
 */
export async function waitForOperation(client: GarClient, first: JsonObject, asked: Asked): Promise<OperationEnd> {
  let operation = first;
  let waited = 0;
  for (let wait = FIRST_WAIT_MS; operation['done'] !== true; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    const name = asText(operation['name']) ?? '';
    if (!NAME.test(name)) throw badAnswer(asked.doing, 'the answer is not an operation');
    const isOver = waited >= PATIENCE_MS || !(await client.pause(wait));
    waited += wait;
    operation = await client.get({ ...asked, path: name });
    if (isOver && operation['done'] !== true) throw notEnded(asked, name, waited);
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

function notEnded({ doing }: Asked, name: string, waited: number): ToolError {
  const when = waited > PATIENCE_MS ? `after ${PATIENCE_MS / 60_000} minutes` : 'when the run was stopped';
  return new ToolError('REGISTRY_ERROR', `Cannot tell whether it was possible to ${doing}: the operation ${name} had not ended ${when}.`, {
    hint: 'Run again later: what was deleted meanwhile is then gone.',
    underWay: true,
  });
}
