import type { ConnectionFlags } from '../config/settings.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { type Diagnosis, diagnosisText } from '../report/diagnosis.ts';
import { toJson } from '../report/json.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import type { Context, GlobalOptions } from './context.ts';
import { diagnoseFindings, diagnoseFolders, diagnoseInUse, diagnosePolicies } from './diagnose-local.ts';
import { diagnoseRegistry } from './diagnose-registry.ts';
import type { Checked } from './failed-by.ts';
import { checkOutputFiles, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { styleOf } from './style-of.ts';
import { openWorkplace } from './workplace.ts';

export interface DoctorOptions extends GlobalOptions, ConnectionFlags, OutputOptions<'table' | 'json' | 'yaml'> {
  readonly registry?: readonly string[];
  readonly policy?: readonly string[];
  readonly inUse?: readonly string[];
}

/**
 * `doctor`: looks at everything that a run needs, and changes nothing. Answers 0 where nothing has failed; else 4 if a right is missing
 * anywhere, or the code that a run would end with at the first failure.
 */
export async function doctor(words: readonly string[], options: DoctorOptions, context: Context): Promise<number> {
  const { io } = context;
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const checkedAt = new Date(io.now()).toISOString();
  const workplace = await openWorkplace(words, options, context);
  const checked: Checked[] = [];
  for (const { name } of workplace.settings.registries) checked.push(...(await diagnoseRegistry(name, workplace, context)));
  if (workplace.settings.registries.length === 0)
    checked.push({
      subject: 'registries',
      check: 'config',
      state: 'warning',
      message: 'no registry is named',
      next: `Name one: ${io.program} doctor REGISTRY, or "registries" in a config.`,
    });
  checked.push(
    ...(await diagnosePolicies(workplace, io)),
    ...(await diagnoseInUse(workplace, context)),
    ...(await diagnoseFindings(workplace, io)),
    ...(await diagnoseFolders(workplace)),
  );
  const document: Diagnosis = {
    kind: 'Diagnosis',
    formatVersion: '1.0',
    checkedAt,
    findings: checked.map(({ exitCode: _exitCode, ...finding }) => finding),
  };
  await writeOutputs(io, outputs, ({ form, file }) => {
    const style = file === undefined ? styleOf(io, options) : PLAIN;
    return { json: toJson, yaml: toYaml, table: () => diagnosisText(document, style) }[form](document);
  });
  const codes = checked.flatMap(({ state, exitCode }) => (state === 'failed' ? [exitCode ?? EXIT.failed] : []));
  return codes.includes(EXIT.auth) ? EXIT.auth : (codes[0] ?? EXIT.done);
}
