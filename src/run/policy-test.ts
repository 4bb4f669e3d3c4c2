import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type LoadedPolicy, loadPolicies, policyError } from '../config/policy-source.ts';
import { openInventory } from '../documents/inventory-source.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { parseTime } from '../domain/time.ts';
import { readInUseFile } from '../inuse/file.ts';
import { withOtherNames } from '../inuse/other-names.ts';
import type { Plan } from '../plan/plan.ts';
import { Planner } from '../plan/planner.ts';
import { missingCapabilities } from '../policy/capabilities.ts';
import { governingPolicy } from '../policy/governing.ts';
import { compilePolicy, type Policy } from '../policy/policy.ts';
import { aliasesOf } from '../registry/image-names.ts';
import { junitXml, type TestCase } from '../report/junit.ts';
import { count } from '../report/text.ts';
import { casesIn } from './case-folders.ts';
import type { Context, GlobalOptions } from './context.ts';
import { type Expected, readExpected, unexpected } from './expected-plan.ts';
import { fromRoot } from './policy-places.ts';
import { checkOutputFiles, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';

export interface TestOptions extends GlobalOptions, OutputOptions<'text' | 'junit'> {}

/**
 * `policy test`: decides the inventory of each case by its policies, and compares with what is expected. Answers 0 where all hold and 1
 * where some do not. Throws `USAGE` where there is no case, and the errors of reading one.
 */
export async function testPolicies(folders: readonly string[], options: TestOptions, context: Context): Promise<number> {
  const { io } = context;
  const outputs = outputsOf(options, 'text');
  await checkOutputFiles(outputs, io, options.out);
  const cases = (await Promise.all(folders.map((folder) => casesIn(resolve(io.cwd, folder))))).flat();
  if (cases.length === 0)
    throw new ToolError('USAGE', `There is no case in ${folders.join(', ')}.`, {
      hint: 'A case is a folder with inventory.json and expected.json, and policy.yaml or "policy" in expected.json.',
    });
  const results: { readonly folder: string; readonly problems: readonly string[] }[] = [];
  for (const folder of cases) results.push({ folder: fromRoot(folder, io), problems: await problemsOf(folder, context) });
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  const text = (): string =>
    results
      .map(
        ({ folder, problems }) =>
          `${problems.length === 0 ? 'ok    ' : 'FAILED'}  ${folder}\n${problems.map((problem) => `          ${problem}\n`).join('')}`,
      )
      .join('') + `\n${count(results.length, 'case')}, ${failed === 0 ? 'all as expected' : `${count(failed, 'case')} failed`}\n`;
  const tests = results.map(({ folder, problems }): TestCase => ({
    suite: 'policy',
    name: folder,
    ...(problems.length > 0 && { problem: { type: 'expectation', message: problems.join('; ') } }),
  }));
  await writeOutputs(io, outputs, ({ form }) => (form === 'junit' ? junitXml(tests) : text()));
  return failed === 0 ? EXIT.done : EXIT.failed;
}

async function problemsOf(folder: string, context: Context): Promise<string[]> {
  const expected = await readExpected(join(folder, 'expected.json'));
  try {
    return unexpected(await planOf(folder, expected, context), expected);
  } catch (error) {
    // What cannot be decided in one case keeps no other from being tested.
    if (error instanceof ToolError) return [`${basename(folder)}: ${error.message}`];
    throw error;
  }
}

/** The plan of a case: by its files alone, whatever the config says. */
async function planOf(folder: string, { policy, given }: Expected, { io, version }: Context): Promise<Plan> {
  const loaded = await loadPolicies([resolve(folder, policy ?? 'policy.yaml')], { lists: Object.keys(given.lists ?? {}) }, io.signal);
  const policies = loaded.map(({ spec, source, digest }) => compilePolicy(spec, { source, digest }));
  const running = join(folder, 'in-use.txt');
  const isThere = await stat(running).then(
    () => true,
    () => false,
  );
  const images = isThere ? withOtherNames(await readInUseFile(running, io.signal), aliasesOf) : [];
  const now = parseTime(given.now) as number;
  const planner = new Planner({
    policies,
    inUse: { images, problems: [], hosts: given.hosts ?? {} },
    now,
    createdAt: now,
    version,
    ...(given.lists && { lists: given.lists }),
  });
  const { repositories } = await openInventory(join(folder, 'inventory.json'), { signal: io.signal });
  for await (const inventory of repositories) {
    refuseUnanswered(loaded, policies, inventory);
    planner.add(inventory);
  }
  return planner.plan();
}

function refuseUnanswered(
  loaded: readonly LoadedPolicy[],
  policies: readonly Policy[],
  { registry, repository, capabilities }: Parameters<Planner['add']>[0],
): void {
  const governing = governingPolicy(policies, registry, repository);
  const one = loaded.find(({ spec }) => spec.name === governing?.name);
  const missing = one ? missingCapabilities(one.spec, capabilities) : [];
  if (one && missing.length > 0) throw policyError(missing.map(({ path, message }) => one.problemAt(path, `${registry}: ${message}`)));
}
