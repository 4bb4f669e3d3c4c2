import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listen } from '../../unit/http/loopback-server.ts';
import { NOW, newSession, type Session } from './in-process.ts';
import { registryWith } from './registry-with-builds.ts';

const FILE = ['--metrics-file', 'prune.prom'];
const metricsOf = (session: Session): Promise<string> => readFile(join(session.folder, 'prune.prom'), 'utf8');
const SUCCESS = `regprune_last_success_timestamp_seconds ${NOW / 1000}\n`;

describe('the metrics of a run', () => {
  test('tell a registry that is down, and keep the last success', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const words = ['prune', registry.host, '--keep-last', '1', ...FILE];
    await session.run(...words);
    expect(await metricsOf(session)).toContain(SUCCESS);
    registry.onRequest(() => ({ status: 400 }));

    const { code } = await session.run(...words);

    const metrics = await metricsOf(session);
    expect(metrics).toContain(`regprune_exit_code ${code}\n`);
    expect(metrics).toContain('regprune_blocked 1\n');
    expect(metrics).toContain(`regprune_errors{registry="${registry.host}",policy=""} 1\n`);
    expect(metrics).toContain(`regprune_unread{registry="${registry.host}"} 1\n`);
    expect(metrics).toContain(SUCCESS);
  });

  test('are there after a policy or a config that is wrong: 3', async () => {
    const session = await newSession();
    const policy = await session.file('policy.yaml', 'version: 1\npolicies: [{name: x}]\n');

    expect((await session.run('prune', 'localhost:1/team/app', '-p', policy, ...FILE)).code).toBe(3);

    expect(await metricsOf(session)).toContain('regprune_exit_code 3\n');
    expect(await metricsOf(session)).toContain('regprune_errors{registry="",policy=""} 1\n');
  });

  test.for([
    [['prune', '--no-such-option', ...FILE], 3],
    [['undo', '--metrics-file=prune.prom'], 3],
  ] as const)('are there after a command line that is not understood: %j', async ([words, code]) => {
    const session = await newSession();
    expect((await session.run(...words)).code).toBe(code);
    expect(await metricsOf(session)).toContain('regprune_exit_code 3\n');
  });

  test('of an apply tell what was deleted, and of a plan that is refused that it was', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--plan-out', 'plan.json');

    expect((await session.run('apply', 'plan.json', '--max-age', '0s', ...FILE)).code).toBe(0);
    expect(await metricsOf(session)).toContain(`regprune_deleted_manifests{registry="${registry.host}",policy="command line"} 2\n`);
    expect(await metricsOf(session)).toContain(SUCCESS);

    await session.file('.regctlrc.yaml', 'inUse: [{file: running.txt}]\n');
    expect((await session.run('apply', 'plan.json', ...FILE)).code).toBe(5);
    expect(await metricsOf(session)).toContain('regprune_blocked 1\n');
    expect(await metricsOf(session)).toContain(`regprune_deleted_manifests{registry="${registry.host}",policy="command line"} 0\n`);
  });

  test('of an undo count what is back', async () => {
    const registry = await registryWith({ 'team/app': 3 });
    const session = await newSession();
    await session.run('prune', `${registry.host}/team/app`, '--keep-last', '1', '--apply', ...FILE);
    const [journal] = await session.journals();

    expect((await session.run('undo', journal as string, ...FILE)).code).toBe(0);

    expect(await metricsOf(session)).toContain(`regprune_restored_manifests{registry="${registry.host}"} 2\n`);
  });
});

/** A Pushgateway that remembers what it was sent, and answers with this status. */
async function pushgateway(status = 200): Promise<{ readonly url: string; readonly pushes: string[] }> {
  const pushes: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      pushes.push(`${request.method} ${request.url}\n${body}`);
      response.writeHead(status).end(status === 200 ? '' : 'text format parsing error');
    });
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, pushes };
}

describe('--push-metrics', () => {
  test('adds to what the Pushgateway has of the job, and a run that fails tells no success, so that the last one stays', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const { url, pushes } = await pushgateway();
    const words = ['prune', registry.host, '--keep-last', '1', '--push-metrics', url];

    await session.run(...words, '--shard', '1/1');
    registry.onRequest(() => ({ status: 400 }));
    await session.run(...words);

    expect(pushes[0]).toMatch(/^POST \/metrics\/job\/regprune\/shard\/1\n/);
    expect(pushes[0]).toContain(SUCCESS);
    expect(pushes[1]).toMatch(/^POST \/metrics\/job\/regprune\n/);
    expect(pushes[1]).not.toContain('last_success');
  });

  test('to one that refuses is told and changes nothing else, and a URL with a password is refused', async () => {
    const registry = await registryWith({ 'team/app': 2 });
    const session = await newSession();
    const { url } = await pushgateway(400);
    const words = ['prune', registry.host, '--keep-last', '1', '--push-metrics'];

    const { code, stderr } = await session.run(...words, `${url}/metrics/job/own`);
    const secret = await session.run(...words, 'https://me:hush-hush@push.example.com');

    expect(code).toBe(0);
    expect(stderr).toContain(
      `warning: the metrics could not be pushed to ${url}/metrics/job/own: it answered 400 "text format parsing error"`,
    );
    expect(secret.code).toBe(3);
    expect(secret.stderr).toContain('without user and password');
    expect(secret.stderr).not.toContain('hush-hush');
  });
});
