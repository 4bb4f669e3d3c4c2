import { asText } from '../../domain/json.ts';
import { askBeside, type Beside } from '../beside.ts';
import type { GhcrClient } from './client.ts';
import type { Owners } from './owners.ts';

/**
 * What GitHub itself does in a package, or keeps this program from doing. It has no rules of its own by which it deletes; how often a
 * version was downloaded is told by no API.
 */
export async function readBeside(client: GhcrClient, owners: Owners, repository: string): Promise<readonly Beside[]> {
  const label = client.label(repository);
  return [
    await askBeside({
      check: 'immutable',
      what: `who may see ${label}`,
      async ask(doing) {
        const { visibility } = await client.get({ doing, path: await owners.packageOf(repository), repository });
        if (visibility !== 'public')
          return {
            state: 'ok',
            message: `${label} is ${asText(visibility) ?? 'not public'}: all but its last version with a tag can be deleted`,
          };
        return {
          state: 'warning',
          message: `${label} is public: versions with more than 5,000 downloads cannot be deleted, and no API tells which these are`,
          next: 'An apply reports them as locked; give them a rule that keeps them, or ask the support of GitHub.',
        };
      },
    }),
    {
      check: 'garbage',
      state: 'ok',
      message: 'what is deleted can be restored for 30 days; then GitHub frees its space by itself',
    },
  ];
}
