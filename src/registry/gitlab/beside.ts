import type { Send } from '../../distribution/client.ts';
import { askBeside, type Beside } from '../beside.ts';
import type { GitlabClient } from './client.ts';
import { hasDatabase } from './metadata-database.ts';
import type { Projects, Told } from './projects.ts';
import type { Repositories } from './repositories.ts';
import type { TagRule } from './tag-rules.ts';

type Answer = Omit<Beside, 'check'>;

export interface BesideContext {
  readonly client: GitlabClient;
  readonly send: Send;
  readonly repositories: Repositories;
  readonly projects: Projects;
}

/** What GitLab does by itself: the cleanup policy of the project, the tags that it protects, and how it frees space. */
export async function readBeside({ client, send, repositories, projects }: BesideContext, repository: string): Promise<readonly Beside[]> {
  const label = client.label(repository);
  return Promise.all([
    askBeside({
      check: 'retention',
      what: `the cleanup policy of the project of ${label}`,
      ask: async () => cleanup(await projects.of(await repositories.find(repository))),
    }),
    askBeside({
      check: 'immutable',
      what: `the protected tags of the project of ${label}`,
      ask: async () => protection(await projects.rulesOf(await repositories.find(repository))),
    }),
    askBeside({
      check: 'garbage',
      what: `the garbage collection of ${client.name}`,
      ask: async (doing) => garbage(await hasDatabase(send, client.url, repository, doing)),
    }),
  ]);
}

function cleanup(project: Awaited<ReturnType<Projects['of']>>): Answer {
  if ('unknown' in project) {
    return {
      state: 'unknown',
      message: `whether the project has a cleanup policy is not known, since ${project.unknown}`,
      next: 'Look at it in GitLab: Settings, Packages and registries.',
    };
  }
  const { path, cleanup: words } = project.known;
  if (words === undefined) return { state: 'ok', message: `the project ${path} has no cleanup policy that is switched on` };
  return {
    state: 'warning',
    message: `GitLab itself deletes by the cleanup policy of the project ${path}: ${words}`,
    next:
      'Let one of the two decide: switch the policy off (Settings, Packages and registries), or leave the project out of the policies ' +
      'here.',
  };
}

function protection(rules: Told<readonly TagRule[]>): Answer {
  if ('unknown' in rules) {
    return {
      state: 'unknown',
      message: `which tags are protected is not known, since ${rules.unknown}`,
      next:
        'It takes GitLab 18.7, a token with the scope read_api and the role Maintainer. What is protected is reported as locked when ' +
        'its deletion is refused.',
    };
  }
  const immutable = 'immutable tags are not told, and are reported as locked when they are refused';
  if (rules.known.length === 0) return { state: 'ok', message: `no rule protects tags by roles; ${immutable}` };
  const words = rules.known.map(({ pattern, least }) => `${pattern} (${least})`);
  return {
    state: 'warning',
    message: `tags that match these expressions are deleted only by that role and those above it: ${words.join(', ')}; ${immutable}`,
    next: 'Plans show them as locked where the role of the token is not enough.',
  };
}

function garbage(database: boolean | undefined): Answer {
  if (database === true) {
    return {
      state: 'ok',
      message: 'what no tag leads to any more is collected by itself, after a day unless set otherwise, and its layers a day after that',
    };
  }
  if (database === false) {
    return {
      state: 'warning',
      message: 'the registry has no metadata database, so that space comes back only after an administrator has collected garbage',
      next: 'On the server: gitlab-ctl registry-garbage-collect -m, which stops the registry meanwhile.',
    };
  }
  return { state: 'unknown', message: 'the registry does not say whether it collects garbage by itself', next: 'Ask its administrator.' };
}
