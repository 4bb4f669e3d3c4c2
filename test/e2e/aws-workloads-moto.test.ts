import { CreateClusterCommand, CreateServiceCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readEcs } from '../../src/inuse/aws/ecs.ts';
import { readLambda } from '../../src/inuse/aws/lambda.ts';
import { HOST, lines, reading, stubAws } from '../unit/inuse/aws/aws-fixture.ts';
import { type Moto, skipWithoutMoto, startMoto } from './servers/moto.ts';

const PLACES = { regions: ['eu-central-1'] };
const CONFIG = { region: 'eu-central-1', credentials: { accessKeyId: 'AKIAMOTO000000000000', secretAccessKey: 'moto-takes-any-secret' } };
/** What moto does not have, and what ECS answers where there is nothing of it. */
const LACKING: Readonly<Record<string, object>> = {
  ListServiceDeployments: { serviceDeployments: [] },
  ListDaemons: { daemonSummariesList: [] },
};

const missing = skipWithoutMoto();

/** What goes over the wire, against a server that is not ours. */
describe.skipIf(missing)(`ECS and Lambda on moto${missing ? ' [skipped: the program moto_server is not installed]' : ''}`, () => {
  let moto: Moto;
  const front = createServer((request, response) => {
    const lacking = LACKING[String(request.headers['x-amz-target']).split('.')[1] ?? ''];
    if (lacking) return void response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(lacking));
    const onward = forward(moto.url + request.url, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward.on('error', () => response.destroy()));
  });

  beforeAll(async () => {
    moto = await startMoto();
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
  });
  afterAll(async () => {
    front.closeAllConnections();
    front.close();
    await moto?.stop();
  });
  beforeEach(() => {
    const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    stubAws({ AWS_ENDPOINT_URL_ECS: url, AWS_ENDPOINT_URL_LAMBDA: url, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  });
  afterEach(() => vi.unstubAllEnvs());

  it('reads services, tasks and task definitions', async () => {
    const client = new ECSClient({ ...CONFIG, endpoint: moto.url });
    await client.send(new CreateClusterCommand({ clusterName: 'prod' }));
    for (const tag of ['1', '2'])
      await client.send(
        new RegisterTaskDefinitionCommand({
          family: 'web',
          containerDefinitions: [{ name: 'app', image: `${HOST}/web:${tag}`, memory: 64 }],
        }),
      );
    await client.send(new CreateServiceCommand({ cluster: 'prod', serviceName: 'web', taskDefinition: 'web:1', desiredCount: 1 }));
    const network = { awsvpcConfiguration: { subnets: ['subnet-1'] } };
    await client
      .send(new RunTaskCommand({ cluster: 'prod', taskDefinition: 'web:2', launchType: 'FARGATE', networkConfiguration: network }))
      .catch(() => undefined);
    client.destroy();
    const found = lines(await readEcs(PLACES, reading()));
    expect(found).toContain(`ECS eu-central-1 cluster prod: service web (container app): ${HOST}/web:1`);
    expect(found).toContain(`ECS eu-central-1: task definition web:2 (container app): ${HOST}/web:2`);
  });

  it('reads functions that are images', async () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=AKIAMOTO000000000000/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0';
    const trust = JSON.stringify({
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    });
    const role = await fetch(moto.url, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ Action: 'CreateRole', Version: '2010-05-08', RoleName: 'hook', AssumeRolePolicyDocument: trust }),
    });
    const client = new LambdaClient({ ...CONFIG, endpoint: moto.url });
    const uri = `${HOST}/hook:stable`;
    await client.send(
      new CreateFunctionCommand({
        FunctionName: 'hook',
        Role: /<Arn>(.*?)<\/Arn>/.exec(await role.text())?.[1],
        PackageType: 'Image',
        Code: { ImageUri: uri },
      }),
    );
    client.destroy();
    // The digest is made up.
    expect(lines(await readLambda(PLACES, reading()))).toEqual([
      `Lambda eu-central-1: function hook: ${uri}`,
      expect.stringContaining(`function hook: ${HOST}/hook@sha256:`),
    ]);
  });
});
