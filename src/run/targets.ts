import type { RegistryConfig } from '../config/config.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { nameText, splitName } from '../domain/image-name.ts';
import { isHost, isRepositoryName, standsForHost } from '../domain/reference.ts';
import { isGlob } from '../policy/glob.ts';
import { aliasesOf } from '../registry/image-names.ts';

/** What to read, as the user wrote it. */
export interface Target {
  /** The registry as given: a name of the config, a host or a URL. */
  readonly registry: string;
  /** A repository's name or a glob over names; absent: the whole registry. */
  readonly repositories?: string;
}

/**
 * Parses `REGISTRY`, `REGISTRY/REPO` and `REGISTRY/GLOB`; the registry may be a URL. Another name of a repository of a registry of the
 * config means that repository: `us-docker.pkg.dev/p/gcr.io/app` is `p/app` of the registry at `gcr.io`. Throws `USAGE`.
 */
export function parseTarget(given: string, known: readonly RegistryConfig[]): Target {
  refuseUser(given);
  const text = knownName(given, known);
  const registry = registryIn(text, known);
  const rest = text.slice(registry.length);
  const repositories = rest.replace(/^\//, '');
  if (repositories === '') return { registry };
  if (!isRepositoryName(repositories) && !(isGlob(repositories) && /[*?[{]/.test(repositories))) {
    throw new ToolError('USAGE', `"${repositories}", in "${text}", is neither the name of a repository nor a glob.`, {
      hint:
        'Write REGISTRY/REPO, such as registry.example.com/team/app or "registry.example.com/team/**". ' +
        'Tags are chosen by --tags or a policy.',
    });
  }
  return { registry, repositories };
}

/** Throws `USAGE`, without the text, for a name with a user or password, such as `https://user:password@registry.example.com`. */
export function refuseUser(text: string): void {
  if (!/@(?!sha(?:256|384|512):)/.test(text)) return;
  throw new ToolError(
    'USAGE',
    'A name was given with an "@" that no digest follows. It is not repeated here, since it may hold a password.',
    {
      hint: 'Leave out user and password: they come from REGISTRY_USER and REGISTRY_PASSWORD, from the config or from an auth file.',
    },
  );
}

/**
 * The text, or another name of the same repository if only that one is at a registry of the config. A mirror of the config does not count
 * as another name: it may be a registry itself, with images of its own.
 */
function knownName(text: string, known: readonly RegistryConfig[]): string {
  const isKnown = (name: string): boolean => registryAt(name, known) !== undefined;
  const name = splitName(text);
  if (!name || !looksLikeHost(name.host) || isKnown(text)) return text;
  return aliasesOf(name).map(nameText).find(isKnown) ?? text;
}

/** The address, without its scheme, of the registry of the config that the address is at. A registry may stand below a path of its host. */
function registryAt(address: string, known: readonly RegistryConfig[]): string | undefined {
  return known
    .map(({ url }) => url.replace(/^https?:\/\//, ''))
    .filter((place) => address === place || address.startsWith(`${place}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

/**
 * The registry in a target: the address of a registry of the config if the target begins with it, otherwise everything before the first
 * slash.
 */
function registryIn(text: string, known: readonly RegistryConfig[]): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? '';
  const address = text.slice(scheme.length);
  const longest = registryAt(address, known);
  const registry = longest ?? address.split('/')[0] ?? '';
  // In "team/app", the first word would be taken for a registry that is not known.
  if (
    scheme === '' &&
    longest === undefined &&
    address.includes('/') &&
    !known.some(({ name }) => name === registry) &&
    !looksLikeHost(registry)
  ) {
    const names = [...new Set(known.map(({ name }) => name))].join(', ');
    throw new ToolError(
      'USAGE',
      `"${text}" does not begin with a registry: "${registry}" is not a host` +
        `${known.length > 0 ? ' and not a registry of the config' : ''}.`,
      {
        hint: `Write REGISTRY/REPO, such as registry.example.com/${text}${known.length > 0 ? `; the config has ${names}` : ''}.`,
      },
    );
  }
  return scheme + registry;
}

function looksLikeHost(text: string): boolean {
  return isHost(text) && standsForHost(text);
}
