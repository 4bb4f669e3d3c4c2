import { createHash } from 'node:crypto';

/** What the names of files about one repository begin with: 32 hexadecimal digits. `url` is the base URL of its registry. */
export function fileKey({ url, repository }: { readonly url: string; readonly repository: string }): string {
  return createHash('sha256').update(`${url}\n${repository}`).digest('hex').slice(0, 32);
}
