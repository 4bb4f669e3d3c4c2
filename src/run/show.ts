import { resolve } from 'node:path';
import type { JournalDocument, JournalIntent } from '../documents/journal.ts';
import { openDocument } from '../documents/open-document.ts';
import { readPlanFile } from '../documents/plan-file.ts';
import { readJournal } from '../documents/read-journal.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { systemErrorWords } from '../diagnostics/system-error.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import { MadeList } from '../domain/made-list.ts';
import { copyName } from '../plan/copies.ts';
import { mergePlans } from '../plan/merge-plans.ts';
import type { Plan } from '../plan/plan.ts';
import { type JournalEntry, journalMarkdown, journalNames, journalText, type ShownJournal } from '../report/journal-view.ts';
import { jsonParts } from '../report/json.ts';
import { PLAIN } from '../report/style.ts';
import { toYaml } from '../report/yaml.ts';
import { resultIn } from './result-in.ts';
import { type Io, widthOf } from './io.ts';
import type { Context, GlobalOptions } from './context.ts';
import { checkOutputFiles, type Output, type OutputOptions, outputsOf, writeOutputs } from './outputs.ts';
import { packLists } from './pack-lists.ts';
import type { PlanForm } from './plan-forms.ts';
import { planAnswer } from './plan-output.ts';
import { styleOf } from './style-of.ts';
import type { Text } from './write-file.ts';

export interface ShowOptions extends GlobalOptions, OutputOptions<PlanForm> {}

/** `show`: plans, merged into one, or a journal, in any form. No registry is read. Answers the exit code of the document being readable. */
export async function show(files: readonly string[], options: ShowOptions, context: Context): Promise<number> {
  const { io } = context;
  const outputs = outputsOf(options, 'table');
  await checkOutputFiles(outputs, io, options.out);
  const paths = files.map((file) => resolve(io.cwd, file));
  const [first = ''] = paths;
  if (paths.length === 1 && (await isJournal(first))) {
    const journal = await readJournal(first);
    try {
      const shown = shownOf(journal);
      await writeOutputs(io, outputs, (output) => journalAnswer(shown, output, options, io));
    } finally {
      await journal.close();
    }
    return EXIT.done;
  }
  const plans: Plan[] = [];
  const pack = packLists();
  for (const path of paths) {
    if (await isJournal(path))
      throw new ToolError('USAGE', `${path} is a journal, which is shown alone.`, {
        hint: 'Show plans together, and a journal by itself.',
      });
    plans.push(await readPlanFile(path, pack));
  }
  checkApart(plans, paths);
  const plan = mergePlans(plans as [Plan, ...Plan[]]);
  const applied = plans.length === 1 ? resultIn(plan, first) : undefined;
  await writeOutputs(io, outputs, (output) => planAnswer(plan, output, options, io, { applied }));
  return EXIT.done;
}

function journalAnswer(shown: ShownJournal, { form, file }: Output<PlanForm>, options: GlobalOptions, io: Io): Text {
  switch (form) {
    case 'json':
      return jsonParts(shown.view);
    case 'yaml':
      return toYaml(shown.view);
    case 'markdown':
      return journalMarkdown(shown);
    case 'name':
      return journalNames(shown.view);
    case 'table':
      return file === undefined
        ? journalText(shown, { style: styleOf(io, options), columns: widthOf(io.stdout) })
        : journalText(shown, { style: PLAIN });
    default:
      throw new ToolError('USAGE', `A journal has no policies and no reasons, so -o ${form} has nothing to say of it.`, {
        hint: 'Show the plan of that run, or choose table, json, yaml, markdown or name.',
      });
  }
}

/** A journal tells so in its first line. */
async function isJournal(path: string): Promise<boolean> {
  try {
    const handle = await openDocument(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096);
      return /^\uFEFF?\s*\{\s*"kind"\s*:\s*"Journal"/.test(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new ToolError('FILE', `cannot read ${path}: ${systemErrorWords(error)}`, { hint: 'Give a plan or a journal.', cause: error });
  }
}

/** What is shown of a journal, which is read for it once more. */
function shownOf(journal: JournalDocument): ShownJournal {
  const { header, places } = journal;
  const copies = [...journal.copies()].map(({ registry, repository, digest, to }) => ({
    registry,
    repository,
    digest,
    to: copyName({ to }),
  }));
  return {
    view: {
      kind: 'JournalView',
      formatVersion: '1.0',
      createdAt: header.createdAt,
      registries: header.registries,
      deletions: new MadeList(() => entriesOf(journal.intents())),
      ...(copies.length > 0 && { copies }),
    },
    repositories: new MadeList(function* () {
      for (const place of places) yield [`${place.registry}/${place.repository}`, [...entriesOf(journal.intents(place))]] as const;
    }),
  };
}

function* entriesOf(intents: Iterable<JournalIntent>): Generator<JournalEntry, void, undefined> {
  for (const { registry, repository, op, digest, tags, outcome } of intents)
    yield { registry, repository, op, digest, tags, ...(outcome !== undefined && { outcome }) };
}

/** Two plans for one repository cannot be parts of one run. */
function checkApart(plans: readonly Plan[], paths: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const [index, { repositories }] of plans.entries()) {
    const path = paths[index] as string;
    for (const { registry, repository } of repositories) {
      const name = `${registry}/${repository}`;
      const other = seen.get(name);
      if (other !== undefined)
        throw new ToolError('USAGE', `${other} and ${path} both plan ${name}, so they are not parts of one run.`, {
          hint: 'Show them one by one.',
        });
      seen.set(name, path);
    }
  }
}
