import { ToolError } from '../../diagnostics/tool-error.ts';
import { registryErrorText } from '../../http/registry-errors.ts';
import type { NexusClient } from './client.ts';

/**
 * Why Nexus as a whole takes no changes now (it is frozen for a backup or an upgrade, or its database is full), as the end of a sentence
 * that begins with its name; undefined where it takes them. `GET /v1/status/writable` answers 503 then, to anybody.
 */
export async function whyReadOnly(client: NexusClient, doing: string, signal?: AbortSignal): Promise<string | undefined> {
  const call = { doing, privilege: 'none', path: '/v1/status/writable', once: true, signal };
  const response = await client.call(call);
  if (response.status === 503) return `is read-only (it answered ${registryErrorText(response)} to /v1/status/writable)`;
  // Older versions do not have this call; a deletion is refused all the same.
  if (response.status !== 200 && response.status !== 404) throw await client.refused(call, response);
  return undefined;
}

/** Throws `DELETE_DISABLED` where Nexus as a whole takes no changes. */
export async function checkWritable(client: NexusClient, doing: string): Promise<void> {
  const why = await whyReadOnly(client, doing);
  if (why === undefined) return;
  throw new ToolError('DELETE_DISABLED', `Cannot ${doing}: Nexus ${why}.`, {
    hint: 'Run again when it takes changes (Administration, System, Nodes: Read-Only Mode); no other account can delete more.',
  });
}
