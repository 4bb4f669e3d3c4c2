/** One link of a `Link` header. */
export interface Link {
  /** As written between the angle brackets. */
  readonly target: string;
  /** The words of its first `rel`, in lower case. */
  readonly relations: readonly string[];
}

/**
 * Parses a `Link` header (RFC 8288, section 3) with one or more links. It accepts what servers get wrong: spaces and quotes in a target
 * that should be escaped, parameters without quotes, text between the links that is not a link.
 */
export function parseLinks(header: string): Link[] {
  const links: Link[] = [];
  // The target ends at the next ">": no URL contains one, escaped or not, while a comma or a quote may well be part of a target.
  const target = /<([^>]*)>/g;
  for (let match = target.exec(header); match !== null; match = target.exec(header)) {
    const parameters = parametersAt(header, target.lastIndex);
    target.lastIndex = parameters.end;
    links.push({ target: (match[1] ?? '').trim(), relations: parameters.rel.toLowerCase().split(/\s+/).filter(Boolean) });
  }
  return links;
}

/** The parameters of one link, up to the comma that ends it. */
function parametersAt(header: string, start: number): { rel: string; end: number } {
  const parameter = /\s*;\s*([^\s=;,"]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;
  let rel: string | undefined;
  let end = start;
  for (;;) {
    parameter.lastIndex = end;
    const match = parameter.exec(header);
    if (match === null) return { rel: rel ?? '', end };
    end = parameter.lastIndex;
    // Only the first counts (RFC 8288, section 3.3).
    if (match[1]?.toLowerCase() === 'rel') rel ??= (match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1');
  }
}
