import type { ImageName } from '../../domain/image-name.ts';
import { ECR_HOST, ECR_PUBLIC_HOSTS } from './host.ts';

/** The domains of ECR's own hosts, each with that of its dual-stack hosts. */
const DUAL_STACK: Readonly<Record<string, string>> = {
  'amazonaws.com': 'on.aws',
  'amazonaws.com.cn': 'on.amazonwebservices.com.cn',
};

/** What else an image of a private registry is called: the same path at its plain, FIPS and dual-stack hosts. */
export function ecrAliases({ host, path }: ImageName): ImageName[] {
  const [, account, , region] = ECR_HOST.exec(host) ?? [];
  const domain = region === undefined ? '' : host.slice(host.indexOf(`.${region}.`) + region.length + 2);
  const pair = Object.entries(DUAL_STACK).find((domains) => domains.includes(domain));
  if (account === undefined || !pair) return [];
  const [plain, dualStack] = pair;
  return ['ecr', 'ecr-fips'].flatMap((service) => [
    { host: `${account}.dkr.${service}.${region}.${plain}`, path },
    { host: `${account}.dkr-${service}.${region}.${dualStack}`, path },
  ]);
}

/** What else an image of ECR Public is called: the same path at both its hosts. */
export function ecrPublicAliases({ host, path }: ImageName): ImageName[] {
  return ECR_PUBLIC_HOSTS.includes(host) ? ECR_PUBLIC_HOSTS.map((other) => ({ host: other, path })) : [];
}
