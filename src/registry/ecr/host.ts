/** What the host of a private ECR registry says of it. */
export interface EcrHost {
  /** The account that the registry belongs to: its registry id. */
  readonly account: string;
  readonly region: string;
  readonly fips: boolean;
  /** The API is to be reached by its dual-stack name too. */
  readonly dualStack: boolean;
}

/** The domains of the partitions; those in the group are dual-stack. */
const DOMAINS = [
  String.raw`amazonaws\.(?:com|com\.cn|eu)`,
  String.raw`(on\.aws|on\.amazonwebservices\.com\.cn)`,
  String.raw`sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov`,
].join('|');

/**
 * Every form of a registry's host: plain, FIPS and dual-stack, in the partitions aws, aws-cn, aws-us-gov, aws-eusc and the ISO ones. The
 * ECR credential helper for Docker (ecr-login/api/client.go) knows the same.
 */
export const ECR_HOST = new RegExp(String.raw`^(\d{12})\.dkr[.-]ecr(-fips)?\.([a-z0-9][a-z0-9-]*)\.(?:${DOMAINS})$`);

/** The domains of the partitions by the beginning of their regions' names; all others are in `amazonaws.com`. */
const DOMAIN_OF: readonly (readonly [beginning: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
];

/** The plain host of an account's registry in a region. */
export function ecrHost(account: string, region: string): string {
  const domain = DOMAIN_OF.find(([beginning]) => region.startsWith(beginning))?.[1] ?? 'amazonaws.com';
  return `${account}.dkr.ecr.${region}.${domain}`;
}

/** The hosts of ECR Public: the usual one, and its dual-stack one. */
export const ECR_PUBLIC_HOSTS: readonly string[] = ['public.ecr.aws', 'ecr-public.aws.com'];
export const ECR_PUBLIC_HOST = new RegExp(`^(?:${ECR_PUBLIC_HOSTS.join('|').replaceAll('.', '\\.')})$`);

/** Reads a host, lower case and without a port; undefined for the host of anything else. */
export function parseEcrHost(host: string): EcrHost | undefined {
  const [, account, fips, region, dualStack] = ECR_HOST.exec(host) ?? [];
  if (account === undefined || region === undefined) return undefined;
  return { account, region, fips: fips !== undefined, dualStack: dualStack !== undefined };
}
