import { resolve } from 'node:path';
import { ToolError } from '../diagnostics/tool-error.ts';
import { writeAnswer } from './answer.ts';
import { type Io } from './io.ts';
import { checkWritable, type Text } from './write-file.ts';

/** One form of the answer, and the file that it goes to; without a file, or with `-`, it goes to stdout. */
export interface Output<Form extends string> {
  readonly form: Form;
  readonly file?: string;
}

export interface OutputOptions<Form extends string> {
  /** As given by `-o`, which may be repeated. */
  readonly output?: readonly Output<Form>[];
  /** The file of `--out`, for the one output that names none. */
  readonly out?: string;
}

/**
 * The outputs of a run, `fallback` where none is asked for. Throws `USAGE` where two go to one place, and where `--out` belongs to no
 * output.
 */
export function outputsOf<Form extends string>({ output = [], out }: OutputOptions<Form>, fallback: Form): readonly Output<Form>[] {
  const given = output.length > 0 ? output : [{ form: fallback }];
  const unnamed = given.filter(({ file }) => file === undefined);
  if (out !== undefined && unnamed.length === 0)
    throw new ToolError('USAGE', '--out names a file, but every -o names its own already.', { hint: 'Leave out --out.' });
  const outputs = given.map(({ form, file = out }): Output<Form> => (file === undefined || file === '-' ? { form } : { form, file }));
  for (const { form, file } of outputs) {
    const others = outputs.filter((one) => one.file === file);
    if (others.length > 1)
      throw new ToolError(
        'USAGE',
        `${others.map((one) => `-o ${one.form}`).join(' and ')} both go to ${file ?? 'stdout'}, which takes one answer.`,
        { hint: `Give each a file of its own, such as -o ${form}=plan.${EXTENSIONS[form] ?? form}.` },
      );
  }
  return outputs;
}

/** Whether it holds all that is known of each image, whether that decides or not. */
export function isDocument({ form }: Output<string>): boolean {
  return form === 'json' || form === 'yaml' || form === 'html';
}

const EXTENSIONS: Readonly<Record<string, string>> = { table: 'txt', markdown: 'md', junit: 'xml', gitlab: 'json', name: 'txt' };

/** Checks that every file can be written, before the work that makes the answers. `out` is that of `--out`. Throws `FILE`. */
export async function checkOutputFiles(outputs: readonly Output<string>[], { cwd }: Io, out?: string): Promise<void> {
  for (const { form, file } of outputs)
    if (file !== undefined) await checkWritable(resolve(cwd, file), file === out ? '--out' : `-o ${form}=${file}`);
}

/** Writes each answer to its place. What could not be written does not keep the others from being written; then it throws `FILE`. */
export async function writeOutputs<Form extends string>(
  io: Io,
  outputs: readonly Output<Form>[],
  render: (output: Output<Form>) => Text | Promise<Text>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const output of outputs) {
    try {
      await writeAnswer(io, await render(output), output.file);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
