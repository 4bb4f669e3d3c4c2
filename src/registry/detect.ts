import { ToolError } from '../diagnostics/tool-error.ts';

/** Hosts of registries whose own API tells more than the plain one, and deletes where the plain one does not. */
const HOSTS: readonly { readonly type: string; readonly title: string; readonly pattern: RegExp }[] = [
  { type: 'ecr', title: 'Amazon ECR', pattern: /^\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.(?:com|com\.cn|eu)|on\.aws|on\.amazonwebservices\.com\.cn)$/ },
  { type: 'ecr-public', title: 'Amazon ECR Public', pattern: /^(?:public\.ecr\.aws|ecr-public\.aws\.com)$/ },
  { type: 'acr', title: 'Azure Container Registry', pattern: /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/ },
  { type: 'gar', title: 'Google Artifact Registry', pattern: /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:us\.|eu\.|asia\.)?gcr\.io)$/ },
  { type: 'quay', title: 'Quay.io', pattern: /^quay\.io$/ },
  { type: 'aliyun', title: 'Alibaba Cloud Container Registry', pattern: /^(?:registry(?:-vpc|-internal)?\.[a-z0-9-]+|[a-z0-9-]+-registry(?:-vpc)?\.[a-z0-9-]+\.cr)\.aliyuncs\.com$/ },
];

/**
 * The kind of registry at a host (`host[:port]`), where the config names none. Throws `USAGE` for a host of a kind that is not built yet: with the
 * plain API its push and pull times, locks and signatures would be overlooked, and a plan would rest on less than its reader thinks.
 */
export function detectType(host: string): 'oci' {
  const name = host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  const kind = HOSTS.find(({ pattern }) => pattern.test(name));
  if (!kind) return 'oci';
  throw new ToolError('USAGE', `${host} is ${kind.title} (type ${kind.type}), which is not supported yet.`, {
    hint: 'Naming it in the config with "type: oci" forces the plain API, which tells nothing of pushes, pulls and locks there and often cannot delete.',
  });
}
