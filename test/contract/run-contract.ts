import { afterAll, beforeAll, describe, it } from 'vitest';
import { SWEEPING } from '../sweep.ts';
import { testAgreement } from './checks/agreement.ts';
import { testCarryingOut } from './checks/carrying-out.ts';
import { testCopying } from './checks/copying.ts';
import { testDeletion } from './checks/deletion.ts';
import { testDrift } from './checks/drift.ts';
import { testErrors } from './checks/errors.ts';
import { testIncomplete } from './checks/incomplete.ts';
import { testInventory } from './checks/inventory.ts';
import { testLists } from './checks/lists.ts';
import { testRefusals } from './checks/refusals.ts';
import { testRequests } from './checks/requests.ts';
import { testTrouble } from './checks/trouble.ts';
import type { Contract, Filled } from './contract.ts';
import type { ContractTarget, Feature, StartOptions, TargetServer } from './contract-target.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { HISTORY } from './history.ts';
import { Scene } from './scene.ts';

/** Runs the whole suite against one target: an adapter, and a server for it to speak to. */
export function runContract(target: ContractTarget): void {
  const unavailable = target.unavailable === undefined ? '' : ` [skipped: ${target.unavailable}]`;
  describe.skipIf(unavailable !== '')(`${target.name}${unavailable}`, () => {
    let running: Running | undefined;
    beforeAll(async () => {
      running = await start(target, { deletion: true });
    });
    afterAll(() => running?.stop());
    const needed = new Set<Feature>();
    let scenes = 0;
    let filled: Promise<Filled> | undefined;
    const contract: Contract = {
      target,
      needed,
      check(title, needs, work) {
        for (const feature of needs) needed.add(feature);
        const missing = needs.find((feature) => feature in target.skips);
        const name = missing === undefined ? title : `${title} [skipped: ${missing}, since ${target.skips[missing]}]`;
        scenes += 1;
        const repository = `app-${scenes}`;
        it.skipIf(missing !== undefined)(name, async () => {
          const { server, proxy } = running!;
          await work(new Scene(target, server, proxy, repository)).finally(() => proxy.calm());
        });
      },
      filled() {
        filled ??= fill(new Scene(target, running!.server, running!.proxy, 'filled'));
        return filled;
      },
      async withServer(options, work) {
        const { server, proxy, stop } = await start(target, options);
        await work(new Scene(target, server, proxy, 'app')).finally(stop);
      },
    };
    describe('an inventory', () => testInventory(contract));
    describe('lists', () => testLists(contract));
    describe('requests', () => testRequests(contract));
    describe('a deletion', () => testDeletion(contract));
    describe('carrying a plan out', () => testCarryingOut(contract));
    describe('what the server refuses', () => testRefusals(contract));
    // The adapter does this on its other target too.
    if (target.repeats !== true || SWEEPING) {
      describe('what is copied', () => testCopying(contract));
      describe('drift', () => testDrift(contract));
      describe('errors', () => testErrors(contract));
    }
    describe('an answer that goes wrong while reading', () => testIncomplete(contract));
    describe('an answer that goes wrong while deleting', () => testTrouble(contract));
    describe('what is skipped', () => testAgreement(contract));
  });
}

interface Running {
  readonly server: TargetServer;
  readonly proxy: FaultProxy;
  readonly stop: () => Promise<void>;
}

async function fill(scene: Scene): Promise<Filled> {
  await scene.push(HISTORY);
  const truth = await scene.truth();
  const { requests, answer: inventory } = await scene.during(() => scene.connect().inventory(scene.repository));
  return { scene, truth, inventory, requests };
}

async function start(target: ContractTarget, options: StartOptions): Promise<Running> {
  const server = await target.start(options);
  const proxy = await startFaultProxy(server);
  const stop = async (): Promise<void> => {
    await proxy.stop();
    await server.stop();
  };
  return { server, proxy, stop };
}
