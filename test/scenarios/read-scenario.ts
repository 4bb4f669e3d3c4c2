import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readInventory } from '../../src/documents/inventory-source.ts';
import { loadPolicies } from '../../src/config/policy-source.ts';
import type { InUse, InUseImage } from '../../src/domain/in-use.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { readInUseFile } from '../../src/inuse/file.ts';
import { withOtherNames } from '../../src/inuse/other-names.ts';
import { compilePolicy, type Policy } from '../../src/policy/policy.ts';
import type { PolicySpec } from '../../src/policy/schema.ts';
import { aliasesOf } from '../../src/registry/image-names.ts';
import { Expectation } from './expectation.ts';

export interface Scenario {
  readonly inventory: Inventory;
  readonly policies: readonly { readonly spec: PolicySpec; readonly policy: Policy }[];
  readonly inUse: InUse;
  readonly expectation: Expectation;
}

/** Reads one folder with the readers that the program uses. */
export async function readScenario(folder: string): Promise<Scenario> {
  const loaded = await loadPolicies([join(folder, 'policy.yaml')]);
  const expectation = Expectation.parse(JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')));
  return {
    inventory: await readInventory(join(folder, 'inventory.json')),
    policies: loaded.map(({ spec, source, digest }) => ({ spec, policy: compilePolicy(spec, { source, digest }) })),
    inUse: { images: await readInUse(folder), problems: expectation.given.unreadInUse ?? [], hosts: expectation.given.hosts ?? {} },
    expectation,
  };
}

/** What is in use, each source named without the folder that it stands in. */
async function readInUse(folder: string): Promise<InUseImage[]> {
  const file = join(folder, 'in-use.txt');
  if (!existsSync(file)) return [];
  const images = (await readInUseFile(file)).map((used) => ({ ...used, source: relative(folder, used.source) }));
  return withOtherNames(images, aliasesOf);
}
