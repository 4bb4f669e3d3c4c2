import { badAnswer } from '../../distribution/answer-errors.ts';
import { asList, asObject, asText, type JsonObject, parseJsonObject } from '../../domain/json.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { HttpResponse } from '../../http/http-client.ts';
import { askBeside, type Beside } from '../beside.ts';
import { type HarborClient, splitRepository } from './client.ts';
import { objectsIn, readList } from './pages.ts';
import type { Projects } from './projects.ts';
import { isEnabled, ruleWords } from './rule-words.ts';

type Answer = Omit<Beside, 'check'>;

/**
 * What Harbor does by itself: the retention policy and the immutability rules of the project, the schedule of its garbage collection and
 * how the last one ended. Takes `project:read`, `tag-retention:read` and `immutable-tag:list` in the project, and of the system
 * `garbage-collection:read` and `:list` (src/server/v2.0/handler/gc.go and retention.go).
 */
export async function readBeside(client: HarborClient, projects: Projects, repository: string): Promise<readonly Beside[]> {
  const project = splitRepository(repository)?.project ?? repository;
  const label = client.label(project);
  return Promise.all([
    askBeside({
      check: 'retention',
      what: `the retention policy of the project ${label}`,
      ask: (doing) => retention(client, projects, project, doing),
    }),
    askBeside({
      check: 'immutable',
      what: `the immutability rules of the project ${label}`,
      ask: (doing) => immutable(client, project, doing),
    }),
    askBeside({ check: 'garbage', what: `the garbage collection schedule of ${client.name}`, ask: (doing) => schedule(client, doing) }),
    askBeside({ check: 'collected', what: `the garbage collections of ${client.name}`, ask: (doing) => lastCollection(client, doing) }),
  ]);
}

async function retention(client: HarborClient, projects: Projects, name: string, doing: string): Promise<Answer> {
  const project = await projects.find(name);
  if (!project) {
    const hint = 'Give the account the permission project:read, or check the name of the project.';
    throw new ToolError('AUTH', `Cannot ${doing}: Harbor does not show that project to these credentials.`, { hint });
  }
  if (project.retentionId === undefined) return { state: 'ok', message: `the project ${name} has no retention policy of its own` };
  const path = `/retentions/${encodeURIComponent(project.retentionId)}`;
  const json = parseJsonObject((await client.get({ doing, needs: 'tag-retention:read', path, repository: name })).body);
  // Go writes an empty list as null.
  const given = json?.['rules'] === null ? [] : asList(json?.['rules'])?.map(asObject);
  if (!given?.every((rule) => rule !== undefined)) throw badAnswer(doing, 'the answer tells no list of rules');
  const rules = given.filter(isEnabled);
  if (rules.length === 0) return { state: 'ok', message: `the retention policy of the project ${name} has no rule that is enabled` };
  const cron = asText(asObject(asObject(json?.['trigger'])?.['settings'])?.['cron']) ?? '';
  const when = cron === '' ? 'whenever somebody starts it' : `by the schedule ${cron} (UTC)`;
  return {
    state: 'warning',
    message:
      `Harbor itself deletes in the project ${name}, ${when}, what no rule of its retention policy retains: ` +
      rules.map(ruleWords).join('; '),
    next:
      `Let one of the two decide: disable these rules (Projects, ${name}, Policy), or leave these repositories out of the policies ` +
      'here.',
  };
}

async function immutable(client: HarborClient, name: string, doing: string): Promise<Answer> {
  const path = `/projects/${encodeURIComponent(name)}/immutabletagrules`;
  const list = await readList(client, { doing, needs: 'immutable-tag:list', path, repository: name }, { key: 'id' });
  const rules = list.filter(isEnabled);
  if (rules.length === 0) return { state: 'ok', message: `no tag of the project ${name} is immutable` };
  return {
    state: 'warning',
    message: `tags that are immutable in the project ${name} are never deleted: ${rules.map(ruleWords).join('; ')}`,
    next: `Plans show them as locked. Where they are to go, disable the rule (Projects, ${name}, Policy, Tag Immutability).`,
  };
}

async function schedule(client: HarborClient, doing: string): Promise<Answer> {
  const { body } = await readSystem(client, doing, '/system/gc/schedule', 'garbage-collection:read');
  // Without a schedule, the answer has no body at all.
  const text = Buffer.from(body).toString('utf8').trim();
  const json = text === '' ? {} : parseJsonObject(body);
  const plan = json && asObject(json['schedule']);
  const type = asText(plan?.['type']);
  if (!json || (text !== '' && type === undefined)) throw badAnswer(doing, 'the answer is not a schedule');
  if (type === undefined || type === 'None') {
    return {
      state: 'warning',
      message: 'no garbage collection is scheduled, so that space comes back only after somebody starts one',
      next: 'Schedule it (Administration, Clean Up), or run with --gc.',
    };
  }
  const when = `by the schedule ${asText(plan?.['cron']) || type} (UTC)`;
  const parameters = parametersOf(json);
  if (parameters?.['delete_untagged'] === true) {
    return {
      state: 'warning',
      message: `the garbage collection ${when} deletes untagged artifacts too, also those that a policy keeps`,
      next: 'Schedule it without "delete untagged artifacts" (Administration, Clean Up): then the policies decide about them.',
    };
  }
  if (parameters?.['dry_run'] === true) {
    return {
      state: 'warning',
      message: `the garbage collection ${when} is a dry run, which frees nothing`,
      next: 'Schedule a real one (Administration, Clean Up), or run with --gc.',
    };
  }
  return { state: 'ok', message: `garbage is collected ${when}` };
}

/** Reads something of the whole Harbor, which takes a permission of its system and none of a project. */
async function readSystem(client: HarborClient, doing: string, path: string, permission: string): Promise<HttpResponse> {
  const response = await client.send({ doing, path });
  if (response.status === 200) return response;
  const error = await client.refused({ doing, path }, response);
  if (response.status !== 401 && response.status !== 403) throw error;
  const hint = `That takes an administrator, or a robot account with the system permission ${permission}.`;
  throw new ToolError(error.code, error.message, { hint, cause: error });
}

/** `job_parameters` is JSON within JSON. */
function parametersOf(json: JsonObject): JsonObject | undefined {
  return parseJsonObject(Buffer.from(asText(json['job_parameters']) ?? '', 'utf8'));
}

/** Harbor lists the newest first (src/pkg/task/dao/model.go). */
async function lastCollection(client: HarborClient, doing: string): Promise<Answer> {
  const jobs = objectsIn((await readSystem(client, doing, '/system/gc?page=1&page_size=1', 'garbage-collection:list')).body);
  if (!jobs) throw badAnswer(doing, 'the answer is not a list');
  const [job] = jobs;
  if (!job) {
    return { state: 'warning', message: 'its garbage has never been collected', next: 'Run with --gc once something was deleted.' };
  }
  const [status, begun] = [asText(job['job_status']), asText(job['creation_time'])];
  if (status === undefined || begun === undefined) throw badAnswer(doing, 'it lists a job without a status or time');
  if (status === 'Error' || status === 'Stopped') {
    return {
      state: 'warning',
      message: `the last garbage collection, begun ${begun}, ended with ${status}`,
      next: 'Look at its log (Administration, Clean Up, History), and run again with --gc.',
    };
  }
  const message = status === 'Success' ? `the last garbage collection began ${begun} and succeeded` : `a garbage collection is ${status}`;
  return { state: 'ok', message };
}
