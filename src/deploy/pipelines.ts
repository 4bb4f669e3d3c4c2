import { type Document, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';

/** What a pipeline is filled in with. */
export interface PipelineSettings {
  readonly version: string;
  /** The files whose change may change what is deleted, relative to the root of the repository. */
  readonly watched: readonly string[];
  /** The names of the secrets that the program reads from its environment. */
  readonly variables: readonly string[];
  /** As cron writes it, UTC; absent for that of the template. */
  readonly schedule?: string;
}

/** The workflow of GitHub: a plan for a pull request, plan and apply every night. */
export function githubWorkflow(template: string, { watched, variables, schedule }: PipelineSettings): string {
  const workflow = parseDocument(template) as Document;
  workflow.setIn(['on', 'pull_request', 'paths'], workflow.createNode(watched));
  if (schedule !== undefined) workflow.setIn(['on', 'schedule', 0, 'cron'], schedule);
  for (const job of ['plan', 'apply']) {
    const steps = workflow.getIn(['jobs', job, 'steps']) as YAMLSeq<YAMLMap>;
    for (const step of steps.items)
      if (step.has('env'))
        step.set('env', workflow.createNode(Object.fromEntries(variables.map((name) => [name, `\${{ secrets.${name} }}`]))));
  }
  return workflow.toString(FORM);
}

/** The jobs of GitLab: a plan for a merge request, plan and apply in a scheduled pipeline. */
export function gitlabJobs(template: string, { version, watched }: PipelineSettings): string {
  const jobs = parseDocument(template.replaceAll('regprune@VERSION', `regprune@${version}`)) as Document;
  jobs.setIn(['prune plan', 'rules', 0, 'changes'], jobs.createNode(watched));
  return jobs.toString(FORM);
}

const FORM = { lineWidth: 0, flowCollectionPadding: false };
