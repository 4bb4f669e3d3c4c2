import { describe, expect, it } from 'vitest';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import { detectType } from '../../../src/registry/detect.ts';

describe('the kind of a registry', () => {
  it.each([
    'registry.example.com', 'registry.example.com:5000', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000', 'ghcr.io', 'docker.io',
    'azurecr.io.example.com', 'quay.io.example.com', 'quay.example.com', 'docker.pkg.dev.example.com', 'notgcr.io',
  ])('%s is a plain one', (host) => {
    expect(detectType(host)).toBe('oci');
  });

  it.each([
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'Amazon ECR'],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 'Amazon ECR'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'Amazon ECR'],
    ['123456789012.dkr-ecr.eu-west-1.on.aws', 'Amazon ECR'],
    ['public.ecr.aws', 'Amazon ECR Public'],
    ['Team.azurecr.io', 'Azure Container Registry'],
    ['team.azurecr.cn:443', 'Azure Container Registry'],
    ['europe-west1-docker.pkg.dev', 'Google Artifact Registry'],
    ['eu.gcr.io', 'Google Artifact Registry'],
    ['gcr.io', 'Google Artifact Registry'],
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
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining(`${host} is ${title}`), hint: expect.stringContaining('"type: oci"') });
  });
});
