import { bench, describe } from 'vitest';
import { parseInventory } from '../../src/documents/inventory-source.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { planNames } from '../../src/report/name.ts';
import type { PolicySpec } from '../../src/policy/schema.ts';
import { largeInventory, NOW } from './large-inventory.ts';
import { asDigest } from '../digest.ts';

const SPEC: PolicySpec = {
  name: 'bench',
  protect: [{ tags: ['v1.*'] }, { signed: true, tags: ['prod-*'] }],
  rules: [
    { name: 'releases', tags: ['v*'], order: 'semver', per: 'minor', keep: { last: 3 } },
    { name: 'branches', tags: { regex: '(?<branch>.+)-[0-9a-f]{7,40}' }, per: 'branch', keep: { last: 3, days: 14, max: 50 } },
    { name: 'the rest', tags: ['**'], keep: { days: 30 } },
    { name: 'untagged', untagged: true, keep: { days: 7 } },
  ],
};

describe('100,000 manifests', () => {
  const few = { time: 0, iterations: 5, warmupTime: 0, warmupIterations: 1 };
  const inventory = largeInventory(100_000, 20);
  const one = largeInventory(100_000, 1);
  const text = JSON.stringify(inventory);
  const context = {
    policies: [compilePolicy(SPEC, { source: 'bench', digest: asDigest(`sha256:${'0'.repeat(64)}`) })],
    inUse: { images: [], problems: [], hosts: {} },
    now: NOW,
    createdAt: NOW,
    version: '0',
  };

  // The floor: what any reader of the document pays.
  bench('JSON.parse of the inventory', () => void JSON.parse(text), few);
  bench('read the inventory, everything checked', () => void parseInventory(text, 'inventory.json'), few);
  bench('plan, in 20 repositories', () => void makePlan(inventory, context), few);
  bench('plan, in one repository', () => void makePlan(one, context), few);

  // What counts is processor time, and what it is beside that of JSON.parse: that is nearly the same on every machine.
  const processorTime = (work: () => void): number => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const shared = JSON.stringify(withOneConfig(inventory));
  const whole = (document: string): void => void planNames(makePlan(parseInventory(document, 'inventory.json'), context));
  const least = (work: () => void): number => Math.min(...Array.from({ length: 3 }, () => processorTime(work)));
  const ratio = (document: string): string => (least(() => whole(document)) / least(() => void JSON.parse(document))).toFixed(1);
  const teardown = (_task: unknown, mode: 'warmup' | 'run'): void => {
    if (mode === 'run')
      process.stdout.write(
        `processor time beside JSON.parse, from the document to the names: ${ratio(text)}; where all share one config: ${ratio(shared)}\n`,
      );
  };
  bench('from the document to the names', () => whole(text), { ...few, iterations: 1, teardown });
});

/** The same inventory, in which all images have the OCI empty config. */
function withOneConfig(inventory: Inventory): Inventory {
  const config = asDigest('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  const repositories = inventory.repositories.map((read) => ({
    ...read,
    manifests: read.manifests.map((manifest) => (manifest.config === undefined ? manifest : { ...manifest, config })),
  }));
  return { ...inventory, repositories };
}
