import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { ApplyReport, StepResult } from '../../src/apply/apply-report.ts';
import { executePlan } from '../../src/apply/execute-plan.ts';
import { Journal } from '../../src/apply/journal.ts';
import { ToolError } from '../../src/diagnostics/tool-error.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import type { PolicySpec } from '../../src/policy/schema.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { testClient, testClock, type TestClock } from '../unit/http/test-client.ts';
import type { Account, ContractTarget, Push, TargetServer, Truth } from './contract-target.ts';
import type { FaultProxy, Seen } from './fault-proxy.ts';
import { asDigest } from '../digest.ts';

/** The registry's name in messages. */
export const REGISTRY = 'contract';
/** A digest of nothing. */
export const NOWHERE = asDigest(`sha256:${'0'.repeat(64)}`);

/** What was done with a plan. */
export interface Applied {
  readonly report: ApplyReport;
  /** What became of each step, by its digest or tag. */
  readonly steps: ReadonlyMap<string, StepResult['outcome']>;
  readonly journal: string;
}

/** One check's own repository on the target's server. */
export class Scene {
  readonly target: ContractTarget;
  readonly server: TargetServer;
  readonly proxy: FaultProxy;
  readonly repository: string;

  constructor(target: ContractTarget, server: TargetServer, proxy: FaultProxy, name: string) {
    this.target = target;
    this.server = server;
    this.proxy = proxy;
    this.repository = `${server.prefix ?? 'team/deep'}/${name}`;
  }

  /** A client of its own: nothing is remembered. */
  connect(account: Account = 'owner', clock: TestClock = testClock()): Registry {
    return this.server.connect({ name: REGISTRY, url: this.proxy.url, http: testClient({ clock }), account });
  }

  push(pushes: readonly Push[]): Promise<void> {
    return this.server.push(this.repository, pushes);
  }

  truth(): Promise<Truth> {
    return this.server.truth(this.repository);
  }

  /** The requests that `work` leads to, and what it answers. */
  async during<T>(work: () => Promise<T>): Promise<{ requests: readonly Seen[]; answer: T }> {
    this.proxy.requests.length = 0;
    const answer = await work();
    return { requests: [...this.proxy.requests], answer };
  }

  /** The plan by which every `old-` tag expires. */
  async plan(registry: Registry = this.connect()): Promise<Plan> {
    const spec: PolicySpec = { name: 'contract', grace: '0s', rules: [{ name: 'old', tags: ['old-*'], keep: 'none' }] };
    const policy = compilePolicy(spec, { source: 'contract', digest: NOWHERE });
    const inUse = { images: [], problems: [], hosts: {} };
    // What was pushed in the very millisecond of `now` would be within a grace of nothing.
    const now = Date.now() + 1;
    const repositories = [{ ...(await registry.inventory(this.repository)), url: registry.url }];
    const inventory = { kind: 'Inventory' as const, formatVersion: '1.0', takenAt: new Date(now).toISOString(), repositories };
    return makePlan(inventory, { policies: [policy], inUse, now, createdAt: now, version: '0.0.0' });
  }

  /** Carries a plan out. */
  async apply(plan: Plan, registry: Registry = this.connect()): Promise<Applied> {
    const folder = await mkdtemp(join(tmpdir(), 'regprune-contract-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const steps = new Map(
      plan.repositories.flatMap((repository) => repository.steps.map((step) => [keyOf(step), 'deleted' as StepResult['outcome']])),
    );
    const report = await executePlan({
      plan,
      registries: new Map([[registry.name, registry]]),
      journal: new Journal(folder),
      concurrency: 4,
      onEvent: (event) => event.kind === 'step' && steps.set(keyOf(event.result), event.result.outcome),
    });
    // A step that was taken back is not deleted after all.
    for (const result of report.repositories.flatMap(({ notDone }) => notDone)) steps.set(keyOf(result), result.outcome);
    expectNoSecrets(this, [plan, report]);
    return { report, steps, journal: report.journal ?? '' };
  }

  /** The error that a call ends in: one of ours, and without secrets. */
  async failure(call: Promise<unknown>): Promise<ToolError> {
    const error: unknown = await call.then(
      (answer) => new Error(`no error but ${JSON.stringify(answer)}`),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ToolError)) throw error;
    expectNoSecrets(this, [textOf(error)]);
    return error;
  }
}

/** Nothing of what authenticates is in a document or text. */
export function expectNoSecrets({ server, proxy }: Scene, documents: readonly unknown[]): void {
  const text = JSON.stringify(documents);
  expect([...server.secrets, ...proxy.secrets()].filter((secret) => text.includes(secret))).toEqual([]);
}

/** True where a text names the registry, by name or address, and the repository, by name or in an address. */
export function names(scene: Scene, text: string): boolean {
  const { repository } = scene;
  return (
    namesRegistry(scene, text) && (text.includes(repository) || (text.includes('http://') && text.includes(repository.split('/').at(-1)!)))
  );
}

/** True where a text names the registry, by name or address. */
export function namesRegistry({ proxy }: Scene, text: string): boolean {
  return [REGISTRY, new URL(proxy.url).host].some((name) => text.includes(name));
}

function keyOf({ tag, digest }: { readonly tag?: string; readonly digest: string }): string {
  return tag ?? digest;
}

function textOf(error: unknown): string {
  return error instanceof Error
    ? [error.stack, error.message, (error as Partial<ToolError>).hint, textOf(error.cause)].join('\n')
    : String(error);
}
