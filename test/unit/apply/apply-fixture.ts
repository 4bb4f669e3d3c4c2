import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ApplyReport } from '../../../src/apply/apply-report.ts';
import { type ApplyOptions, executePlan } from '../../../src/apply/execute-plan.ts';
import { Journal } from '../../../src/apply/journal.ts';
import { findLeftovers } from '../../../src/apply/leftovers.ts';
import { unfinishedRuns } from '../../../src/apply/unfinished-runs.ts';
import { attachmentTag, cosignSignature, sbom } from '../../../src/demo/attachments.ts';
import type { EmbeddedRegistry } from '../../../src/demo/embedded-registry.ts';
import { image, index, layer, type Pushable } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import type { Digest } from '../../../src/domain/digest.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { Planner } from '../../../src/plan/planner.ts';
import type { CopyTarget } from '../../../src/policy/copy-target.ts';
import { compilePolicy } from '../../../src/policy/policy.ts';
import type { PolicySpec } from '../../../src/policy/schema.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { asDigest } from '../../digest.ts';

export const REPOSITORY = 'team/app';
const POLICY_DIGEST = asDigest(`sha256:${'7'.repeat(64)}`);

/** A single image of its own. */
export function single(seed: string): Pushable {
  return image({ layers: [layer(seed, 64)], created: '2025-01-01T00:00:00Z', labels: { seed } });
}

/** What a filled repository holds: everything under an `old-` tag is to go, everything under a `keep-` tag stays. */
export interface Filled {
  readonly shared: Pushable;
  readonly amd: Pushable;
  readonly inner: Pushable;
  readonly nested: Pushable;
  readonly kept: Pushable;
  readonly signature: Pushable;
  readonly bill: Pushable;
  readonly floating: Pushable;
  readonly lone: Pushable;
}

/** Fills a repository with a nested index, a child that a kept index has too, attachments, and an image with an old and a kept tag. */
export async function fillRepository(server: { readonly url: string }, repository = REPOSITORY): Promise<Filled> {
  const [shared, amd, arm] = [single(`${repository} shared`), single(`${repository} amd`), single(`${repository} arm`)];
  const inner = index([amd, shared]);
  const nested = index([inner, arm]);
  const kept = index([shared, single(`${repository} new`)]);
  const signature = cosignSignature(nested);
  const bill = sbom(amd, '2025-01-01T00:00:00Z');
  const [floating, lone] = [single(`${repository} floating`), single(`${repository} lone`)];
  const filled = { shared, amd, inner, nested, kept, signature, bill, floating, lone };
  await push(server, repository, nested, ['old-1', 'old-1.0']);
  await push(server, repository, kept, ['keep-1']);
  await push(server, repository, signature, [attachmentTag(nested.digest, 'sig')]);
  await push(server, repository, bill);
  await push(server, repository, floating, ['old-2', 'keep-2']);
  await push(server, repository, lone, ['old-3']);
  return filled;
}

/** What a plan is made with besides. */
interface Circumstances {
  /** A journal folder: what earlier runs left is looked for. */
  readonly folder?: string;
  readonly used?: readonly Digest[];
  /** The registry `cold`, which rules may copy to. */
  readonly cold?: Registry;
}

/** Plans repositories by the policy that expires every `old-` tag. */
export async function planOf(
  registry: Registry,
  repositories: readonly string[] = [REPOSITORY],
  changes: Partial<PolicySpec> = {},
  { folder, used = [], cold }: Circumstances = {},
): Promise<Plan> {
  const spec: PolicySpec = { name: 'old', rules: [{ name: 'old', tags: ['old-*'], keep: 'none' }], ...changes };
  const policy = compilePolicy(spec, { source: 'test', digest: POLICY_DIGEST });
  const inUse = { images: used.map((digest) => ({ image: { digest }, source: 'test' })), problems: [], hosts: {} };
  // What was pushed in the very millisecond of `now` would be within a grace of nothing.
  const now = Date.now() + 1;
  const runs = folder === undefined ? [] : await unfinishedRuns(folder, failOn);
  const targetOf = (copyTo: string): CopyTarget => ({ registry: 'cold', url: cold?.url ?? '', prefix: copyTo.replace(/^cold\/?/, '') });
  const planner = new Planner({ policies: [policy], inUse, now, createdAt: now, version: '0.0.0', ...(cold && { targetOf }) });
  for (const name of repositories) {
    const inventory = { ...(await registry.inventory(name)), url: registry.url };
    planner.add(inventory, true, await findLeftovers(registry, inventory, runs));
  }
  return planner.plan();
}

function failOn(problem: Error): never {
  throw problem;
}

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'regprune-apply-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Carries a plan out with a journal in a folder of its own, unless `options` say otherwise. */
export async function apply(plan: Plan, registry: Registry, options: Partial<ApplyOptions> = {}): Promise<ApplyReport> {
  const journal = options.journal ?? new Journal(await temporaryFolder());
  return executePlan({ plan, registries: new Map([[registry.name, registry]]), journal, concurrency: 4, ...options });
}

/** Everything in a repository: tags with their digests, and the bytes of every manifest. */
export function contents(
  server: EmbeddedRegistry,
  repository = REPOSITORY,
): { tags: Record<string, string>; manifests: Record<string, string> } {
  const { tags, manifests } = server.storage.repository(repository);
  return {
    tags: Object.fromEntries([...tags].toSorted()),
    manifests: Object.fromEntries(
      [...manifests].map(([digest, { mediaType, bytes }]) => [digest, `${mediaType} ${bytes.toString('base64')}`]).toSorted(),
    ),
  };
}

/** The lines of the one journal in a folder. */
export async function journalLines(folder: string): Promise<Record<string, unknown>[]> {
  const [name] = (await readdir(folder)).filter((one) => one.endsWith('.jsonl'));
  const text = await readFile(join(folder, name ?? ''), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** `METHOD reference` of the requests that change something, in the order they came. */
export function changes(server: EmbeddedRegistry): string[] {
  return server.requests
    .filter(({ method, status }) => method === 'PUT' || (method === 'DELETE' && status === 202))
    .map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
}
