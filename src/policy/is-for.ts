/** True of a policy that names a registry, or none at all: it may govern repositories there. */
export function isFor({ registries }: { readonly registries?: readonly string[] | undefined }, registry: string): boolean {
  return registries?.includes(registry) ?? true;
}
