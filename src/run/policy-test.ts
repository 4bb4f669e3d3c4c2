import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type LoadedPolicy, loadPolicies, policyError } from '../config/policy-source.ts';
import { LONGEST_FILE } from '../config/yaml-source.ts';
import { openInventory } from '../documents/inventory-source.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { readSource } from '../diagnostics/source.ts';
import { SourceError } from '../diagnostics/source-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { RepositoryInventory } from '../domain/inventory.ts';
import { repositoryKey } from '../domain/repository-key.ts';
import { parseTime } from '../domain/time.ts';
import { withOtherNames } from '../inuse/other-names.ts';
import type { Plan } from '../plan/plan.ts';
import { Planner } from '../plan/planner.ts';
import { findCases } from '../policy-test/find-cases.ts';
import { judge, type Verdict } from '../policy-test/judge.ts';
import type { PolicyCase } from '../policy-test/policy-case.ts';
import { readCaseFolder } from '../policy-test/read-case-folder.ts';
import { readTestFile } from '../policy-test/read-test-file.ts';
import { type Entry, rewrite } from '../policy-test/rewrite.ts';
import { writtenPlace } from '../policy-test/written-place.ts';
import { missingCapabilities } from '../policy/capabilities.ts';
import { governingPolicy } from '../policy/governing.ts';
import { compilePolicy, type Policy } from '../policy/policy.ts';
import { aliasesOf } from '../registry/image-names.ts';
import { casesJunit, casesText, type TestedCase } from '../report/policy-test.ts';
import { PLAIN } from '../report/style.ts';
import { count } from '../report/text.ts';
import type { Context, GlobalOptions } from './context.ts';
import { explanationOf } from './explanation.ts';
import { say } from './io.ts';
import { checkOutputFiles, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { styleOf } from './style-of.ts';
import { fromRoot } from './policy-places.ts';
import { writeWhole } from './write-file.ts';

export interface TestOptions extends GlobalOptions, OutputOptions<'text' | 'junit'> {
  /** Write what is found in place of what is expected. */
  readonly update?: boolean;
}

/**
 * `policy test`: decides what is there in each case by its policy, and compares with what is expected. Answers 0 where all hold and 1 where
 * some do not. Throws `TEST_INVALID` with everything that is wrong in all files of cases, `USAGE` where there is no case, and the errors of
 * reading one.
 */
export async function testPolicies(places: readonly string[], options: TestOptions, context: Context): Promise<number> {
  const { io } = context;
  const outputs = outputsOf(options, 'text');
  await checkOutputFiles(outputs, io, options.out);
  const cases = await readCases(places, context);
  const tested: TestedCase[] = [];
  const entries = new Map<string, Entry[]>();
  for (const one of cases) {
    const { result, changes } = await testCase(one, options, context);
    tested.push(result);
    if (changes.length > 0) entries.set(one.file, [...(entries.get(one.file) ?? []), ...changes]);
  }
  for (const [file, those] of entries) await writeWhole(file, rewrite(await readFile(file, 'utf8'), those, file));
  if (options.update && !options.quiet) say(io, updatedWords(entries, context));
  await writeOutputs(io, outputs, ({ form, file }) => {
    const style = file === undefined ? styleOf(io, options) : PLAIN;
    return form === 'junit' ? casesJunit(tested) : casesText(tested, { style, verbose: options.verbose ?? false });
  });
  return tested.every(({ problems }) => problems.length === 0) ? EXIT.done : EXIT.failed;
}

function updatedWords(entries: ReadonlyMap<string, readonly Entry[]>, { io }: Context): string {
  if (entries.size === 0) return 'no expectation had to be changed';
  return [...entries]
    .map(([file, those]) => `${fromRoot(file, io)}: ${count(those.length, 'expectation is', 'expectations are')} written anew`)
    .join('\n');
}

/** All cases of these files and folders. */
async function readCases(places: readonly string[], { io }: Context): Promise<PolicyCase[]> {
  const found = (await Promise.all(places.map((place) => findCases(resolve(io.cwd, place))))).flat();
  const read = await Promise.all(
    found.map(async ({ path, isFolder }) => {
      const called = fromRoot(path, io);
      return isFolder ? [await readCaseFolder(path, called)] : await readTestFile(path, called);
    }),
  );
  const problems = read.flatMap((one) => ('problems' in one ? one.problems : []));
  if (problems.length > 0) throw new SourceError('TEST_INVALID', problems, { hint: 'Correct the cases; none of them was decided.' });
  const cases = read.flatMap((one) => ('problems' in one ? [] : one));
  if (cases.length > 0) return cases;
  throw new ToolError('USAGE', `There is no case in ${places.join(', ')}.`, {
    hint: 'Cases stand in files whose names end in .test.yaml, or are folders with inventory.json and expected.json.',
  });
}

/** How many images of a case are told with all that decided about them. */
const TRACED = 3;

async function testCase(
  one: PolicyCase,
  { update, verbose }: TestOptions,
  context: Context,
): Promise<{ readonly result: TestedCase; readonly changes: readonly Entry[] }> {
  const { title } = one;
  const decided = await decide(one, context).catch((error: unknown) => {
    // What cannot be decided in one case keeps no other from being tested.
    if (error instanceof ToolError) return error;
    throw error;
  });
  if (decided instanceof ToolError)
    return {
      result: { title, changes: [], problems: [decided.message, `hint: ${decided.hint}`], verdicts: [], traces: [] },
      changes: [],
    };
  const verdicts = judge(decided.plan, one);
  const failed = verdicts.filter(({ problem }) => problem !== undefined);
  const changed = update ? failed.filter(({ found }) => found) : [];
  const left = update ? failed.filter(({ found }) => !found) : failed;
  // An image by two of its tags is told once.
  const traced = new Map(
    left.flatMap(({ name, found }) => (found ? [[found.image, { name, repository: found.repository }] as const] : [])),
  );
  return {
    changes: changed.flatMap(({ found }) => found?.entry ?? []),
    result: {
      title,
      changes: changed.map(
        ({ name, expected, found }) => `${name}: ${found?.entry.value.join(', ')}${expected === undefined ? '' : `, was ${expected}`}`,
      ),
      problems: left.map(({ problem }) => problem ?? ''),
      verdicts: verdicts.map((verdict) => rowOf(verdict, changed.includes(verdict))),
      traces: [...traced].slice(0, verbose ? Infinity : TRACED).map(([image, { name, repository }]) => {
        const { inventory, policy } = decided.read.get(repositoryKey(repository)) as Decided;
        return {
          image: `${repository.registry}/${repository.repository}: ${name}`,
          explanation: explanationOf(image, repository, inventory, policy, decided.plan.now),
        };
      }),
    },
  };
}

function rowOf({ name, expected, found, problem }: Verdict, isChanged: boolean): TestedCase['verdicts'][number] {
  const codes = new Set(found?.reasons.map(({ code }) => code));
  return {
    name,
    expected: (isChanged ? found?.entry.value.join(', ') : expected) ?? '',
    found: found ? [found.action, ...codes].join(', ') : 'not there',
    reasons: found?.reasons ?? [],
    isRight: problem === undefined || isChanged,
  };
}

interface Decided {
  readonly inventory: RepositoryInventory;
  readonly policy: Policy | undefined;
}

/** The plan of a case, by its files alone, whatever the config says; and what it was made of. */
async function decide(
  { policy, given }: PolicyCase,
  { io, version }: Context,
): Promise<{ readonly plan: Plan; readonly read: ReadonlyMap<string, Decided> }> {
  const source = await readSource(policy, { what: 'policy', maxBytes: LONGEST_FILE, signal: io.signal });
  const loaded = await loadPolicies([{ ...source, file: fromRoot(policy, io) }], {
    lists: Object.keys(given.lists),
    ofCase: true,
  });
  const policies = loaded.map((one) => compilePolicy(one.spec, one));
  const { inventories, takenAt } =
    typeof given.inventory === 'string'
      ? await inventoriesIn(given.inventory, io.signal)
      : { inventories: [given.inventory(writtenPlace(loaded.map(({ spec }) => spec)))], takenAt: undefined };
  const now = given.now ?? parseTime(takenAt ?? '');
  if (now === undefined)
    throw new ToolError('USAGE', `${String(given.inventory)} does not say when it was taken.`, { hint: 'Write "now" into the case.' });
  const images = withOtherNames(given.inUse, aliasesOf);
  const planner = new Planner({
    policies,
    inUse: { images, problems: [], hosts: given.hosts },
    now,
    createdAt: now,
    version,
    lists: given.lists,
  });
  const read = new Map<string, Decided>();
  for (const inventory of inventories) {
    refuseUnanswered(loaded, policies, inventory);
    read.set(repositoryKey(inventory), { inventory, policy: governingPolicy(policies, inventory.registry, inventory.repository) });
    planner.add(inventory);
  }
  return { plan: planner.plan(), read };
}

async function inventoriesIn(file: string, signal: AbortSignal): Promise<{ inventories: RepositoryInventory[]; takenAt: string }> {
  const { repositories, head } = await openInventory(file, { signal });
  const inventories: RepositoryInventory[] = [];
  for await (const inventory of repositories) inventories.push(inventory);
  return { inventories, takenAt: head().takenAt };
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
