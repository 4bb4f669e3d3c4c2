import { askBeside, type Beside } from '../beside.ts';
import type { HubClient } from './client.ts';
import { readRepositorySettings } from './repository-settings.ts';

/** What Docker Hub itself does in a repository, or keeps this program from doing. It has no rules of its own by which it deletes. */
export async function readBeside(client: HubClient, repository: string): Promise<readonly Beside[]> {
  const label = client.label(repository);
  return [
    await askBeside({
      check: 'immutable',
      what: `the immutable tags of ${label}`,
      async ask() {
        const { immutable } = await readRepositorySettings(client, repository);
        if (immutable.length === 0) return { state: 'ok', message: `tags of ${label} can be moved and deleted` };
        return {
          state: 'warning',
          message: `tags of ${label} that match ${immutable.join(' or ')} are immutable: nobody can move or delete them`,
          next: 'Plans show them as locked. Where they are to go, change the tag mutability in the settings of the repository.',
        };
      },
    }),
    {
      check: 'garbage',
      state: 'warning',
      message: 'what has no tag is listed by no API, stays stored, and counts as storage',
      next: 'Delete it in the web pages of the repository (Image Management).',
    },
  ];
}
