import { expect } from 'vitest';
import type { Contract } from '../contract.ts';
import type { Seen } from '../fault-proxy.ts';
import { shapeOf } from '../expected-inventory.ts';
import { SMALL } from '../history.ts';
import { everything } from '../truth.ts';

export function testRequests({ target, check, filled }: Contract): void {
  const changes = (request: Seen): boolean =>
    !(target.isRead?.(request) ?? ['GET', 'HEAD'].includes(request.method)) && target.kindOf(request) !== 'token';

  check('for an inventory are as many as it takes, none sent twice, and change nothing', [], async () => {
    const { requests, truth } = await filled();
    expect(counts(requests)).toEqual(target.requestsFor(shapeOf(target, truth)));
    expectOnce(requests);
    expect(requests.filter(changes)).toEqual([]);
  });

  check('are no more for what two repositories share, also side by side', [], async (scene) => {
    const repositories = [scene.repository, `${scene.repository}-beside`];
    for (const repository of repositories) await scene.server.push(repository, SMALL);
    const registry = scene.connect();
    const [first, second] = [
      await scene.during(() => registry.inventory(repositories[0]!)),
      await scene.during(() => registry.inventory(repositories[1]!)),
    ];
    expect(second.requests.length).toBeLessThanOrEqual(first.requests.length);
    const fresh = scene.connect();
    const both = await scene.during(() => Promise.all(repositories.map((repository) => fresh.inventory(repository))));
    expect(both.requests.length).toBe(first.requests.length + second.requests.length);
    expectOnce(both.requests);
  });

  check('for a plan change nothing', [], async (scene) => {
    await scene.push(SMALL);
    const before = await scene.truth();
    const { requests, answer } = await scene.during(() => scene.plan());
    expect(answer.repositories[0]!.steps).not.toEqual([]);
    expect(requests.filter(changes)).toEqual([]);
    expect(everything(await scene.truth())).toEqual(everything(before));
  });

  function counts(requests: readonly Seen[]): Record<string, number> {
    const found: Record<string, number> = {};
    for (const request of requests) found[target.kindOf(request)] = (found[target.kindOf(request)] ?? 0) + 1;
    return found;
  }
}

function expectOnce(requests: readonly Seen[]): void {
  const texts = requests.map(({ method, path, body }) => `${method} ${path} ${body.toString('utf8')}`);
  expect(texts.filter((text, position) => texts.indexOf(text) !== position)).toEqual([]);
}
