import { acrType } from './acr/type.ts';
import { dockerHubType } from './dockerhub/type.ts';
import { ecrPublicType, ecrType } from './ecr/type.ts';
import { garType } from './gar/type.ts';
import { ghcrType } from './ghcr/type.ts';
import { giteaType } from './gitea/type.ts';
import { gitlabType } from './gitlab/type.ts';
import { harborType } from './harbor/type.ts';
import { nexusType } from './nexus/type.ts';
import { ociType } from './oci/type.ts';
import { quayType } from './quay/type.ts';
import type { RegistryType } from './registry-type.ts';

/** Every type of registry that the program speaks to. */
export const REGISTRY_TYPES: readonly RegistryType[] = [
  ociType,
  harborType,
  ecrType,
  ecrPublicType,
  acrType,
  garType,
  quayType,
  gitlabType,
  ghcrType,
  dockerHubType,
  nexusType,
  giteaType,
];

/** What a registry is taken for where neither the config nor its host nor its answer says what it is. */
export const PLAIN_TYPE: RegistryType = ociType;

/**
 * Hosts of registries that are not supported yet. Their own API tells more than the plain one, and deletes where the plain one does not.
 * With the plain one, their push and pull times, locks and signatures would be overlooked, and a plan would be made without them.
 */
export const UNSUPPORTED: readonly { readonly name: string; readonly title: string; readonly hosts: RegExp }[] = [
  {
    name: 'aliyun',
    title: 'Alibaba Cloud Container Registry',
    hosts: /^(?:registry(?:-vpc|-internal)?\.[a-z0-9-]+|[a-z0-9-]+-registry(?:-vpc)?\.[a-z0-9-]+\.cr)\.aliyuncs\.com$/,
  },
];
