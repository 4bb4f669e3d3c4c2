import { bench, describe } from 'vitest';
import { parseInventory } from '../../src/documents/inventory-source.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
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
});
