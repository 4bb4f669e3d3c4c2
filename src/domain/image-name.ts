/** A name under which a runtime may pull the images of a repository. */
export interface ImageName {
  /** With its port, in lower case. */
  readonly host: string;
  /** Without a tag or a digest. */
  readonly path: string;
}

/** Splits `host/path`; undefined for a text that has only one of them. */
export function splitName(text: string): ImageName | undefined {
  const slash = text.indexOf('/');
  return slash > 0 && slash < text.length - 1 ? { host: text.slice(0, slash).toLowerCase(), path: text.slice(slash + 1) } : undefined;
}

/** `host/path`. */
export function nameText({ host, path }: ImageName): string {
  return `${host}/${path}`;
}
