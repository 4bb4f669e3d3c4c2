import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Ended, runProcess } from './servers/run-process.ts';

/** A step of a composite action, as far as these actions have it. */
interface ActionStep {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run: string;
}

export interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly ActionStep[] };
}

/** What a run of an action did. */
export interface ActionRun extends Ended {
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

type Contexts = Readonly<Record<string, unknown>>;

/** What an expression of GitHub Actions comes to. Their operators are those of JavaScript; a name may have a `-` in it. */
function valueOf(expression: string, contexts: Contexts): unknown {
  const script = expression.replaceAll(/\.([\w-]+)/g, (_, name: string) => `?.['${name}']`).replaceAll(/([^!=])==([^=])/g, '$1===$2');
  const names = [...Object.keys(contexts), 'always'];
  return (new Function(...names, `return ${script}`) as (...values: readonly unknown[]) => unknown)(...Object.values(contexts), () => true);
}

function filledIn(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => String(valueOf(expression.trim(), contexts) ?? ''));
}

/**
 * Runs the steps of a composite action as a runner does: each whose condition holds, by bash, with its environment filled in; after one
 * that failed, only those that always run. `installed` is where the program is installed already, which takes long.
 */
export async function runAction(
  { inputs: defaults, runs }: Action,
  given: Readonly<Record<string, string>>,
  { github = {}, cwd, installed }: { readonly github?: object; readonly cwd: string; readonly installed: string },
): Promise<ActionRun> {
  const temporary = await mkdtemp(join(tmpdir(), 'regprune-runner-'));
  onTestFinished(() => rm(temporary, { recursive: true }));
  const [summaryFile, outputFile] = ['summary', 'output'].map((file) => join(temporary, file)) as [string, string];
  await writeFile(summaryFile, '');
  await symlink(installed, join(temporary, 'regprune'));
  const event = { token: 'token-of-the-run', ...github };
  const inputs: Record<string, string> = {};
  for (const [input, { default: text }] of Object.entries(defaults)) inputs[input] = given[input] ?? filledIn(text, { github: event });
  const steps: Record<string, { outputs: Record<string, string> }> = {};
  const all = { code: 0 as number | undefined, stdout: '', stderr: '' };
  for (const { name, id, if: condition, env: own = {}, run } of runs.steps) {
    const contexts = { inputs, github: event, steps };
    if (name === 'Install') continue;
    if (all.code !== 0 && !condition?.includes('always()')) continue;
    if (condition !== undefined && !valueOf(condition, contexts)) continue;
    await writeFile(outputFile, '');
    const variables = Object.fromEntries(Object.entries(own).map(([variable, text]) => [variable, filledIn(text, contexts)]));
    const { code, stdout, stderr } = await runProcess('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      cwd,
      env: {
        PATH: `${join(cwd, 'bin')}${delimiter}${process.env['PATH']}`,
        HOME: temporary,
        RUNNER_TEMP: temporary,
        GITHUB_OUTPUT: outputFile,
        GITHUB_STEP_SUMMARY: summaryFile,
        GITHUB_REPOSITORY: 'me/mine',
        ...variables,
      },
    });
    const lines = (await readFile(outputFile, 'utf8')).split('\n').filter((line) => line !== '');
    if (id !== undefined) steps[id] = { outputs: Object.fromEntries(lines.map((line) => line.split(/=(.*)/s) as [string, string])) };
    all.stdout += stdout;
    all.stderr += stderr;
    if (code !== 0) all.code = code;
  }
  const outputs = Object.assign({}, ...Object.values(steps).map((step) => step.outputs)) as Record<string, string>;
  return { ...all, outputs, summary: await readFile(summaryFile, 'utf8') };
}
