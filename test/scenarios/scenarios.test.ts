import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePlan } from '../../src/plan/make-plan.ts';
import { governingPolicy } from '../../src/policy/governing.ts';
import { missingCapabilities } from '../../src/policy/capabilities.ts';
import { actualPlan, expectedPlan } from './expectation.ts';
import { readScenario } from './read-scenario.ts';

const here = import.meta.dirname;
const names = readdirSync(here, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

describe('scenarios', () => {
  for (const name of names) {
    test(name, async () => {
      const { inventory, policies, inUse, expectation } = await readScenario(join(here, name));
      const refused = inventory.repositories.flatMap(({ registry, repository, capabilities }) => {
        const governing = governingPolicy(
          policies.map(({ policy }) => policy),
          registry,
          repository,
        );
        const spec = policies.find(({ policy }) => policy === governing)?.spec;
        return spec ? missingCapabilities(spec, capabilities).map(({ path, capability }) => `${path.join('.')} needs ${capability}`) : [];
      });
      expect(refused).toEqual(expectation.refused ?? []);
      if (refused.length > 0) return;

      const { now, maxDeletions, atMost, lists } = expectation.given;
      const context = {
        policies: policies.map(({ policy }) => policy),
        inUse,
        now: Date.parse(now),
        createdAt: Date.parse(now),
        version: '0.0.0',
        ...(atMost !== undefined && { atMost }),
        ...(lists && { lists }),
      };
      const plan = makePlan(inventory, { ...context, ...(maxDeletions !== undefined && { maxDeletions }) });
      expect(actualPlan(plan, expectation)).toEqual(expectedPlan(expectation, plan));

      const turned = {
        ...inventory,
        repositories: inventory.repositories.toReversed().map((read) => ({ ...read, manifests: read.manifests.toReversed() })),
      };
      expect(JSON.stringify(makePlan(turned, context))).toBe(JSON.stringify(makePlan(inventory, context)));

      // What a step expects is what is on that digest now.
      for (const { registry, repository, steps } of plan.repositories) {
        const manifests =
          inventory.repositories.find((read) => read.registry === registry && read.repository === repository)?.manifests ?? [];
        for (const step of steps) {
          const tags = manifests.find(({ digest }) => digest === step.digest)?.tags ?? [];
          if (step.op === 'delete-tag') expect(tags).toContain(step.tag);
          else if (step.op === 'delete-manifest') expect(step.expect).toEqual(Object.fromEntries(tags.map((tag) => [tag, step.digest])));
        }
      }
    });
  }

  test('each says in a few lines what it is about', () => {
    const lengths = names.map((name) => ({
      name,
      lines: readFileSync(join(here, name, 'README.md'), 'utf8')
        .trimEnd()
        .split('\n').length,
    }));
    expect(lengths.filter(({ lines }) => lines < 3 || lines > 8)).toEqual([]);
  });
});
