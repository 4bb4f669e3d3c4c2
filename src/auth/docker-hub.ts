/** A name under which a runtime may pull an image: `host` and `path`. */
interface Name {
  readonly host: string;
  readonly path: string;
}

/** The hosts of Docker Hub. References and Docker's files know it by the first two, its registry answers at the third. */
const HOSTS: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];
/** Images that are named without a slash are in here. */
const LIBRARY = 'library/';

/** What a reference without a host means (distribution/reference, normalize.go). */
export const HUB = 'docker.io';

/** `host[:port]` in lower case, the same for all hosts of Docker Hub. */
export function canonicalHost(host: string): string {
  const name = host.toLowerCase();
  return HOSTS.includes(name) ? HUB : name;
}

/** A name as runtimes take it: `index.docker.io/nginx` is `docker.io/library/nginx`. */
export function canonicalName({ host, path }: Name): Name {
  const canonical = canonicalHost(host);
  return { host: canonical, path: canonical === HUB && !path.includes('/') ? `${LIBRARY}${path}` : path };
}

/** What else an image of Docker Hub is called: at its other hosts, with and without `library/`. Nothing for an image elsewhere. */
export function hubAliases({ host, path }: Name): Name[] {
  if (canonicalHost(host) !== HUB) return [];
  const short = path.startsWith(LIBRARY) ? path.slice(LIBRARY.length) : path;
  const paths = short.includes('/') ? [path] : [`${LIBRARY}${short}`, short];
  return HOSTS.flatMap((other) => paths.map((each) => ({ host: other, path: each })));
}
