/** What a path is about. Names and references are as sent: the handlers check them. */
export type Route =
  | { readonly kind: 'ping' | 'catalog' | 'token' }
  | { readonly kind: 'tags' | 'uploads'; readonly repository: string }
  | { readonly kind: 'manifest' | 'blob' | 'upload' | 'referrers'; readonly repository: string; readonly reference: string };

/** Finds the route of a decoded path. The last `/manifests/`, `/blobs/` … splits name and reference, as in distribution's router. */
export function findRoute(path: string): Route | undefined {
  if (path === '/v2/' || path === '/v2') return { kind: 'ping' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  if (path === '/token') return { kind: 'token' };
  const tags = /^\/v2\/(.+)\/tags\/list$/.exec(path);
  if (tags) return { kind: 'tags', repository: tags[1]! };
  const upload = /^\/v2\/(.+)\/blobs\/uploads\/?([^/]*)$/.exec(path);
  if (upload)
    return upload[2] ? { kind: 'upload', repository: upload[1]!, reference: upload[2] } : { kind: 'uploads', repository: upload[1]! };
  const other = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(path);
  if (!other) return undefined;
  const kind = other[2] === 'manifests' ? 'manifest' : other[2] === 'blobs' ? 'blob' : 'referrers';
  return { kind, repository: other[1]!, reference: other[3]! };
}
