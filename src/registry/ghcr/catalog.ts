import { quoted } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { ListBounds } from '../../distribution/list-bounds.ts';
import { asObject, asText } from '../../domain/json.ts';
import { isRepositoryName } from '../../domain/reference.ts';
import type { RepositoriesOptions } from '../registry.ts';
import type { GhcrClient } from './client.ts';
import type { Owners } from './owners.ts';

/**
 * The names of all container packages of the wanted owners: that of `below`, else those of the config. Throws `NOT_FOUND` where nothing
 * names one, and for an owner of whom nothing is listed: GitHub leaves out what a token may not see without saying so.
 */
export async function* listRepositories(
  client: GhcrClient,
  owners: Owners,
  { named, below, signal }: RepositoriesOptions & { readonly named: readonly string[] },
): AsyncGenerator<string> {
  const wanted = below === undefined ? named : [below.split('/')[0] ?? ''];
  if (wanted.length === 0) {
    throw new ToolError('NOT_FOUND', `GitHub lists packages by their owner alone, and ${client.name} is named without one.`, {
      hint: 'Name an organization or a user, as HOST/OWNER, or in "ghcr.owners" of the config.',
    });
  }
  for (const owner of wanted) {
    for await (const name of packagesOf(client, owners, owner, signal))
      if (below === undefined || name === below || name.startsWith(`${below}/`)) yield name;
  }
}

async function* packagesOf(client: GhcrClient, owners: Owners, owner: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const doing = `list the packages of ${client.label(owner)}`;
  const path = `${await owners.pathOf(owner)}/packages`;
  const seen = new Set<string>();
  const bounds = new ListBounds(doing);
  for await (const page of client.pages({ doing, path, query: { package_type: 'container' }, signal })) {
    for (const entry of page) {
      const name = `${owner}/${asText(asObject(entry)?.['name']) ?? ''}`.toLowerCase();
      if (!isRepositoryName(name)) throw badAnswer(doing, `it lists ${quoted(name)}, which is not the name of a package`);
      if (seen.has(name)) continue;
      seen.add(name);
      yield name;
    }
    bounds.check(seen.size);
  }
  if (seen.size > 0) return;
  throw new ToolError('NOT_FOUND', `GitHub lists no container package of ${client.label(owner)}.`, {
    hint:
      'It shows only what the token may see: private packages take a classic token with read:packages of somebody who may read ' +
      'them, and the token of a workflow sees those of its own repository alone. Or name the packages.',
  });
}
