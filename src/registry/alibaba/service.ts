import { parseChallenges } from '../../auth/challenge.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import { type Ping, tellingAnswer } from '../../distribution/ping.ts';

/** Where a registry is, and which; without an instance it is one of the Personal Edition. */
export interface AlibabaService {
  readonly region: string;
  /** `cri-…` */
  readonly instance: string | undefined;
}

/**
 * Finds out by the challenge of `/v2/`: `service="registry.aliyuncs.com:<region>:<…>:cri-…"`, without an instance for the Personal
 * Edition (goharbor/harbor, src/pkg/reg/adapter/aliacr, `parseRegistryService`), for custom domains too. What the config says wins.
 */
export async function findService(
  { name, url, ping }: { readonly name: string; readonly url: string; readonly ping: Ping },
  given: { readonly region?: string; readonly instance?: string },
): Promise<AlibabaService> {
  if (given.region !== undefined && given.instance !== undefined) return { region: given.region, instance: given.instance };
  const { headers } = await tellingAnswer(ping, url);
  const services = parseChallenges(headers['www-authenticate'] ?? '').map(({ parameters }) => parameters['service'] ?? '');
  const [, told, ...rest] = services.find((service) => service.startsWith('registry.aliyuncs.com:'))?.split(':') ?? [];
  const region = given.region ?? told;
  if (region !== undefined && /^[a-z0-9-]+$/.test(region))
    return { region, instance: given.instance ?? rest.find((part) => /^cri-[a-z0-9]+$/.test(part)) };
  throw new ToolError('CONFIG_INVALID', `The registry ${name} is of type alibaba, and its answer to /v2/ does not tell its region.`, {
    hint: 'Give its own host, or "alibaba.region" in the config, and for the Enterprise Edition "alibaba.instance".',
  });
}
