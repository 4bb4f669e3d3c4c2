import { ToolError } from '../diagnostics/tool-error.ts';
import type { HttpResponse } from '../http/http-client.ts';

/**
 * The answer to a deletion that is sent once. Undefined where it got lost and what was to be deleted is not there any more: an answer may
 * get lost, and not the deletion. Throws what `send` throws, where it is still there.
 */
export async function deletionAnswer(
  send: () => Promise<HttpResponse>,
  isThere: () => Promise<boolean>,
): Promise<HttpResponse | undefined> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'UNREACHABLE' || (await isThere())) throw error;
    return undefined;
  }
}
