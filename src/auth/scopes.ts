/*
 * Token scopes, `type:name:action,action`. The name may hold a host with a port, so the actions stand after the last colon
 * (distribution, docs/content/spec/auth/scope.md).
 */

/** The repository that the first repository scope is about. */
export function repositoryOf(scopes: readonly string[]): string | undefined {
  for (const scope of scopes) {
    const match = /^repository(?:\([^)]*\))?:(.+):[^:]*$/.exec(scope);
    if (match !== null) return match[1];
  }
  return undefined;
}

/**
 * Joins two lists of scopes into one scope for each resource. The scopes of `first` come first, because some token servers read only the
 * first scope.
 */
export function mergeScopes(first: readonly string[], second: readonly string[]): string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of [...first, ...second]) {
    const colon = scope.lastIndexOf(':');
    const resource = scope.slice(0, Math.max(0, colon));
    const known = actions.get(resource) ?? new Set<string>();
    for (const action of scope.slice(colon + 1).split(',')) known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, known]) => (resource === '' ? [...known].join(',') : `${resource}:${[...known].join(',')}`));
}

/** The same text for the same rights, whatever their order. */
export function scopeKey(scopes: readonly string[]): string {
  return mergeScopes(scopes, [])
    .map((scope) => {
      const colon = scope.lastIndexOf(':');
      return `${scope.slice(0, colon + 1)}${scope
        .slice(colon + 1)
        .split(',')
        .toSorted()
        .join(',')}`;
    })
    .toSorted()
    .join(' ');
}

/** True if `demanded` contains a right that `had` does not. */
export function asksMore(demanded: readonly string[], had: readonly string[]): boolean {
  return scopeKey(mergeScopes(demanded, had)) !== scopeKey(had);
}
