/** A key under which a repository is found among those of several registries: no two have the same, whatever their names hold. */
export function repositoryKey({ registry, repository }: { readonly registry: string; readonly repository: string }): string {
  return JSON.stringify([registry, repository]);
}
