import { canonicalHost, canonicalName, HUB } from '../auth/docker-hub.ts';
import { didYouMean } from '../diagnostics/nearest.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { InUse } from '../domain/in-use.ts';
import { parseReference, type Reference } from '../domain/reference.ts';

/** A host, and the path that stands before the names of repositories there; empty for none. */
interface Place {
  readonly host: string;
  readonly path: string;
}

/** What is under `from` is, or was, at the same path under `to`. */
export interface Mirror {
  readonly from: Place;
  readonly to: Place;
}

/**
 * Reads the `mirrors` of a config: `host[/path]` of the mirror, and the name of a registry or `host[/path]`, or several of them. `hosts`
 * are the hosts of the registries by their names. Throws `CONFIG_INVALID` for what is neither: a mirror that no reference can be under
 * would protect nothing.
 */
export function readMirrors(mirrors: Readonly<Record<string, string | readonly string[]>>, hosts: InUse['hosts']): Mirror[] {
  const pairs = Object.entries(mirrors).flatMap(([mirror, stands]) => [stands].flat().map((one) => [mirror, one] as const));
  return pairs.map(([mirror, stands]) => {
    const from = placeOf(mirror);
    if (!from) {
      throw new ToolError('CONFIG_INVALID', `The config's "mirrors" has "${mirror}", which is neither a host nor a host and a path.`, {
        hint: 'Write the host as it stands in the references: with a "." or a port, such as mirror.example.com/hub.',
      });
    }
    const named = Object.hasOwn(hosts, stands) ? hosts[stands]?.[0] : undefined;
    const to = named === undefined ? placeOf(stands) : { host: named, path: '' };
    if (!to) {
      const known = Object.keys(hosts);
      throw new ToolError(
        'CONFIG_INVALID',
        `The config's "mirrors" maps ${mirror} to "${stands}", which is neither a registry of the config nor a host` +
          (didYouMean(stands, known) || '.'),
        {
          hint:
            known.length > 0
              ? `The registries are ${known.join(', ')}.`
              : 'Write the host and path that it mirrors, such as registry.example.com/team.',
        },
      );
    }
    return { from, to };
  });
}

/** What an image stands for that is under a mirror; undefined for any other. */
export function mirrored({ from, to }: Mirror, reference: Reference): Reference | undefined {
  const { host, path } = canonicalName({ host: reference.host ?? HUB, path: reference.repository });
  if (host !== from.host) return undefined;
  const below =
    from.path === '' ? path : path === from.path ? '' : path.startsWith(`${from.path}/`) ? path.slice(from.path.length + 1) : undefined;
  const repository = below === undefined ? '' : [to.path, below].filter((part) => part !== '').join('/');
  return repository === '' ? undefined : { ...reference, host: to.host, repository };
}

/** Undefined for a text that does not begin with a host: with a first part that has a "." or a port, or is `localhost`. */
function placeOf(text: string): Place | undefined {
  const [first = ''] = text.split('/');
  const reference = /[.:]/.test(first) || first === 'localhost' ? parseReference(`${text}/app`) : undefined;
  if (reference?.host === undefined) return undefined;
  return { host: canonicalHost(reference.host), path: reference.repository.slice(0, -'/app'.length) };
}
