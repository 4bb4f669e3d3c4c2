import { describe, expect, it } from 'vitest';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import { detectType } from '../../../src/registry/detect.ts';

describe('the kind of a registry', () => {
  it.each([
    'registry.example.com',
    'registry.example.com:5000',
    'localhost:5000',
    '127.0.0.1:5000',
    '[::1]:5000',
    'ghcr.io',
    'docker.io',
    'azurecr.io.example.com',
    'quay.io.example.com',
    'quay.example.com',
    'docker.pkg.dev.example.com',
    'notgcr.io',
  ])('%s is a plain one', (host) => {
    expect(detectType(host)).toBe('oci');
  });

  it.each([
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'ecr'],
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com:443', 'ecr'],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 'ecr'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'ecr'],
    ['123456789012.dkr-ecr.eu-west-1.on.aws', 'ecr'],
    ['public.ecr.aws', 'ecr-public'],
    ['Team.azurecr.io', 'acr'],
    ['team-a1b2c3.azurecr.us', 'acr'],
    ['team.azurecr.cn:443', 'acr'],
    ['europe-west1-docker.pkg.dev', 'gar'],
    ['us-docker.pkg.dev:443', 'gar'],
    ['eu.gcr.io', 'gar'],
    ['gcr.io', 'gar'],
  ])('%s is of type %s', (host, type) => {
    expect(detectType(host)).toBe(type);
  });

  it.each([
    ['quay.io', 'Quay.io'],
    ['registry.cn-hangzhou.aliyuncs.com', 'Alibaba Cloud Container Registry'],
    ['team-registry-vpc.cn-hangzhou.cr.aliyuncs.com', 'Alibaba Cloud Container Registry'],
  ])('%s is %s, which is not taken for a plain one', (host, title) => {
    const error = (() => {
      try {
        return detectType(host);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(ToolError);
    expect(error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(`${host} is ${title}`),
      hint: expect.stringContaining('"type: oci"'),
    });
  });
});
