import { expect, test } from 'vitest';
import { HostLimiter } from '../../../../src/http/host-limiter.ts';
import { EcrClient } from '../../../../src/registry/ecr/client.ts';
import { createLogin } from '../../../../src/registry/ecr/login.ts';
import type { Service } from '../../../../src/registry/ecr/service.ts';
import { testClock } from '../../http/test-client.ts';

const DATA = { authorizationToken: Buffer.from('AWS:of-a-day-or-half').toString('base64') };

// API references of both services, GetAuthorizationToken.
test.for([
  ['ecr', [DATA]],
  ['ecr-public', DATA],
] as const)('the login of %s is read out of its answer, once', async ([prefix, authorizationData]) => {
  let calls = 0;
  const service: Service = { prefix, title: prefix, send: async () => ({ calls: (calls += 1), authorizationData }) };
  const identify = (repositoryName: string): { repositoryName: string } => ({ repositoryName });
  const login = createLogin(new EcrClient({ name: 'prod', service, limiter: new HostLimiter(1), identify }), testClock());
  const credentials = await login();
  expect(credentials).toEqual({ username: 'AWS', password: 'of-a-day-or-half', source: `${prefix}:GetAuthorizationToken` });
  expect(await login()).toBe(credentials);
  expect(calls).toBe(1);
});
