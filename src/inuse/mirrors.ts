import { didYouMean } from '../diagnostics/nearest.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { InUse, InUseImage } from '../domain/in-use.ts';
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

/** The names of Docker Hub; a reference without a host means it, and a repository without a slash is one of `library/` there (distribution/reference, normalize.go). */
const HUB = 'docker.io';
const HUB_HOSTS: readonly string[] = [HUB, 'index.docker.io', 'registry-1.docker.io'];

/**
 * Reads the `mirrors` of a config: `host[/path]` of the mirror, and the name of a registry or `host[/path]`. `hosts` are the hosts of the registries by their names.
 * Throws `CONFIG_INVALID` for what is neither: a mirror that no reference can be under would protect nothing.
 */
export function readMirrors(mirrors: Readonly<Record<string, string>>, hosts: InUse['hosts']): Mirror[] {
  return Object.entries(mirrors).map(([mirror, stands]) => {
    const from = placeOf(mirror);
    if (!from) {
      throw new ToolError('CONFIG_INVALID', `The config's "mirrors" has "${mirror}", which is no host, or host and path.`, {
        hint: 'Write the host as it stands in the references: with a "." or a port, such as mirror.example.com/hub.',
      });
    }
    const named = Object.hasOwn(hosts, stands) ? hosts[stands]?.[0] : undefined;
    const to = named === undefined ? placeOf(stands) : { host: named, path: '' };
    if (!to) {
      const known = Object.keys(hosts);
      throw new ToolError(
        'CONFIG_INVALID',
        `The config's "mirrors" maps ${mirror} to "${stands}", which is neither a registry of the config nor a host${didYouMean(stands, known) || '.'}`,
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

/**
 * Adds, after each image that is under a mirror, what it stands for, once for every mirror that it is under. The image itself stays: to protect too much loses
 * nothing. A digest protects whatever name it has, so it needs no second name.
 */
export function withMirrored(images: readonly InUseImage[], mirrors: readonly Mirror[]): InUseImage[] {
  return images.flatMap((used) => {
    if (!('reference' in used.image) || used.image.reference.digest !== undefined) return [used];
    const { reference } = used.image;
    const mapped = mirrors.flatMap((mirror) => mappedBy(mirror, reference) ?? []);
    return [used, ...mapped.map((other): InUseImage => ({ image: { reference: other }, source: used.source }))];
  });
}

function mappedBy({ from, to }: Mirror, reference: Reference): Reference | undefined {
  const { host, repository } = normalized(reference);
  if (host !== from.host) return undefined;
  const inside =
    from.path === ''
      ? repository
      : repository === from.path
        ? ''
        : repository.startsWith(`${from.path}/`)
          ? repository.slice(from.path.length + 1)
          : undefined;
  const path = inside === undefined ? '' : [to.path, inside].filter((part) => part !== '').join('/');
  return path === '' ? undefined : { ...reference, host: to.host, repository: path };
}

/** A reference as a runtime takes it: with its host, and Docker Hub's names written in full. */
function normalized({ host = HUB, repository }: Reference): { readonly host: string; readonly repository: string } {
  if (!HUB_HOSTS.includes(host)) return { host, repository };
  return { host: HUB, repository: repository.includes('/') ? repository : `library/${repository}` };
}

/** Undefined for what cannot begin an image reference as a host does. */
function placeOf(text: string): Place | undefined {
  // As in a reference, a first part without "." or ":" is none.
  const reference = parseReference(`${text}/app`);
  if (reference?.host === undefined) return undefined;
  return { host: HUB_HOSTS.includes(reference.host) ? HUB : reference.host, path: reference.repository.slice(0, -'/app'.length) };
}
