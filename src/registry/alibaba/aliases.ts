import type { ImageName } from '../../domain/image-name.ts';

const PERSONAL = /^registry(?:-vpc|-internal)?\.([a-z0-9-]+\.aliyuncs\.com)$/;
const ENTERPRISE = /^([a-z0-9-]+?-registry)(?:-vpc)?\.([a-z0-9-]+\.cr\.aliyuncs\.com)$/;

/** The public host of a registry and those within a VPC and the classic network lead to the same repositories. */
export function alibabaAliases({ host, path }: ImageName): ImageName[] {
  const personal = PERSONAL.exec(host);
  if (personal) return ['registry', 'registry-vpc', 'registry-internal'].map((first) => ({ host: `${first}.${personal[1]}`, path }));
  const enterprise = ENTERPRISE.exec(host);
  if (!enterprise) return [];
  return ['', '-vpc'].map((network) => ({ host: `${enterprise[1]}${network}.${enterprise[2]}`, path }));
}
