import type { RegistryType } from '../registry-type.ts';

/** Any registry that is spoken to by the OCI distribution-spec alone. */
export const ociType: RegistryType = {
  name: 'oci',
  open: async ({ name, url, send, ping, credentials, concurrency, cache }) => {
    const { createOciRegistry } = await import('./create-registry.ts');
    // Twice as many manifests as requests: while one is decoded, another is fetched.
    return createOciRegistry({ name, url, send, ping, credentials, concurrency: 2 * concurrency, ...(cache && { cache }) });
  },
};
