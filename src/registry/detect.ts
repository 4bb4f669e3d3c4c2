import { ToolError } from '../diagnostics/tool-error.ts';
import { ACR_HOST } from './acr/host.ts';
import { ECR_HOST, ECR_PUBLIC_HOST } from './ecr/host.ts';
import { GAR_HOST } from './gar/host.ts';

/** The kinds that a host can tell. */
export type DetectedType = 'oci' | 'ecr' | 'ecr-public' | 'acr' | 'gar';

const HOSTS: readonly { readonly type: DetectedType; readonly pattern: RegExp }[] = [
  { type: 'ecr', pattern: ECR_HOST },
  { type: 'ecr-public', pattern: ECR_PUBLIC_HOST },
  { type: 'acr', pattern: ACR_HOST },
  { type: 'gar', pattern: GAR_HOST },
];

/** Hosts of registries whose own API tells more than the plain one, and deletes where the plain one does not, and that is not spoken yet. */
const UNSUPPORTED: readonly { readonly type: string; readonly title: string; readonly pattern: RegExp }[] = [
  { type: 'quay', title: 'Quay.io', pattern: /^quay\.io$/ },
  {
    type: 'aliyun',
    title: 'Alibaba Cloud Container Registry',
    pattern: /^(?:registry(?:-vpc|-internal)?\.[a-z0-9-]+|[a-z0-9-]+-registry(?:-vpc)?\.[a-z0-9-]+\.cr)\.aliyuncs\.com$/,
  },
];

/**
 * The kind of registry at a host (`host[:port]`), where the config names none. Throws `USAGE` for a host of a kind that is not built yet: with the
 * plain API its push and pull times, locks and signatures would be overlooked, and a plan would rest on less than its reader thinks.
 */
export function detectType(host: string): DetectedType {
  const name = host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  const known = HOSTS.find(({ pattern }) => pattern.test(name));
  if (known) return known.type;
  const kind = UNSUPPORTED.find(({ pattern }) => pattern.test(name));
  if (!kind) return 'oci';
  throw new ToolError('USAGE', `${host} is ${kind.title} (type ${kind.type}), which is not supported yet.`, {
    hint: 'Naming it in the config with "type: oci" forces the plain API, which tells nothing of pushes, pulls and locks there and often cannot delete.',
  });
}
