import { acrType } from './acr/type.ts';
import { alibabaType } from './alibaba/type.ts';
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
  alibabaType,
];

/** What a registry is taken for where neither the config nor its host nor its answer says what it is. */
export const PLAIN_TYPE: RegistryType = ociType;
