import { notLetIn } from '../../auth/auth-errors.ts';
import type { Credentials } from '../../auth/credentials.ts';
import { quoted } from '../../diagnostics/redact.ts';
import type { RepositoriesOptions } from '../registry.ts';
import type { TagSource } from './tags.ts';

/**
 * The names of all images with a tag: in the Nexus repository that the host stands for or that `below` names, else in every hosted one.
 * Throws `AUTH` where nothing is listed to somebody without credentials: Nexus leaves out what the account may not browse.
 */
export async function* listRepositories(
  { client, routing, components }: TagSource,
  credentials: () => Promise<Credentials | undefined>,
  { below, onSkipped }: RepositoriesOptions = {},
): AsyncGenerator<string> {
  let listed = 0;
  for (const hosted of await routing.hosted(below, onSkipped)) {
    for (const image of await components.images(hosted)) {
      const name = await routing.nameOf(hosted, image);
      listed += 1;
      if (name === undefined)
        onSkipped?.(`${client.label(hosted.name)} holds ${quoted(image)}, which Docker cannot name, and was passed over.`);
      else if (below === undefined || name === below || name.startsWith(`${below}/`)) yield name;
    }
  }
  if (listed === 0 && (await credentials()) === undefined)
    throw notLetIn(`The registry ${client.name} lists no images, and may show more to who is logged in`, undefined);
}
