import { expect } from 'vitest';
import type { Digest } from '../../../src/domain/digest.ts';
import type { RepositoryInventory } from '../../../src/domain/inventory.ts';
import type { ReadSoFar } from '../../../src/registry/registry.ts';
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

  check('for an inventory whose details nobody wants leave these out, and the rest is the same', [], async () => {
    const { scene, inventory, requests: all } = await filled();
    const registry = scene.connect();
    const wants = { signatures: false, pulls: false, configs: () => false, going: () => new Set<Digest>() };
    const { answer, requests } = await scene.during(() => registry.inventory(scene.repository, { wants }));
    expect(counts(requests)['blob']).toBe(undefined);
    // Which image is the first that is asked for attachments, where the registry turns out to have no lists of them, is left to chance.
    const isFixed = (request: Seen): boolean => target.kindOf(request) !== 'token' && !request.path.includes('/referrers/');
    const asked = (some: readonly Seen[]): string[] => textsOf(some.filter(isFixed));
    expect(asked(all)).toEqual(expect.arrayContaining(asked(requests)));
    expect([answer.complete, linksOf(answer)]).toEqual([true, linksOf(inventory)]);
  });

  check('for an inventory tell what is read so far, once before the details of images', [], async () => {
    const { scene, inventory } = await filled();
    const registry = scene.connect();
    const seen: unknown[] = [];
    const configs = ({ capabilities, manifests }: ReadSoFar): boolean => {
      seen.push(linksOf({ manifests: manifests() }));
      expect({ ...capabilities, deleteTag: undefined }).toEqual({ ...inventory.capabilities, deleteTag: undefined });
      return true;
    };
    const answer = await registry.inventory(scene.repository, {
      wants: { signatures: true, pulls: true, configs, going: () => new Set<Digest>() },
    });
    expect(seen.every((links) => JSON.stringify(links) === JSON.stringify(linksOf(inventory)))).toBe(true);
    expect(seen.length).toBeLessThanOrEqual(1);
    expect(answer.manifests).toEqual(inventory.manifests);
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

/** How manifests hang together, and what may not be deleted of them. */
function linksOf({ manifests }: Pick<RepositoryInventory, 'manifests'>): unknown {
  return manifests.map(({ digest, tags, children, subject, locked, lockedTags, pushedAt, tagTimes }) => {
    return { digest, tags, children, subject, locked, lockedTags, pushedAt, tagTimes };
  });
}

function textsOf(requests: readonly Seen[]): string[] {
  return requests.map(({ method, path, body }) => `${method} ${path} ${body.toString('utf8')}`);
}

function expectOnce(requests: readonly Seen[]): void {
  const texts = textsOf(requests);
  expect(texts.filter((text, position) => texts.indexOf(text) !== position)).toEqual([]);
}
