import { printable } from '../../diagnostics/redact.ts';
import { asList, asObject, asText } from '../../domain/json.ts';
import { DAY_MS } from '../../domain/time.ts';
import { badAnswer } from '../../distribution/answer-errors.ts';
import { askBeside, type Beside } from '../beside.ts';
import { type PruneOwner, pruneOwners, readAutoPrune } from './auto-prune.ts';
import { type QuayClient, repositoryPath } from './client.ts';
import type { Features } from './features.ts';
import { readRepositorySettings } from './repository-settings.ts';

type Answer = Omit<Beside, 'check'>;

/**
 * What Quay does by itself in a repository: the auto-prune policies of the repository and of its organization (scopes `repo:admin` and
 * `org:admin`), its immutability policies (`repo:admin`), and how long deleted tags stay in the time machine.
 */
export async function readBeside(client: QuayClient, features: () => Promise<Features>, repository: string): Promise<readonly Beside[]> {
  const label = client.label(repository);
  // Those of a repository are told where its settings cannot be read.
  const ofOrganization = await readRepositorySettings(client, repository).then(
    (settings) => settings.ofOrganization,
    () => true,
  );
  const pruning = pruneOwners(client, repository, ofOrganization).map((owner) =>
    askBeside({
      check: 'retention',
      what: `the auto-prune policies of ${owner.name}`,
      ask: (doing) => retention(client, features, owner, doing),
    }),
  );
  return Promise.all([
    ...pruning,
    askBeside({
      check: 'immutable',
      what: `the immutability policies of ${label}`,
      ask: (doing) => immutable(client, features, repository, doing),
    }),
    askBeside({ check: 'garbage', what: `the time machine of ${label}`, ask: (doing) => timeMachine(client, repository, doing) }),
  ]);
}

async function retention(
  client: QuayClient,
  features: () => Promise<Features>,
  { name, call }: PruneOwner,
  doing: string,
): Promise<Answer> {
  if (!(await features()).autoPrune) return { state: 'ok', message: `Quay itself deletes no tags of ${name}: auto-prune is switched off` };
  if (!call) {
    const next = 'Ask that user, whose settings show them (Auto-Prune Policies).';
    return { state: 'unknown', message: `Quay shows the auto-prune policies of ${name} to that user alone`, next };
  }
  const policies = await readAutoPrune(client, { ...call, doing });
  // One for the whole Quay (DEFAULT_NAMESPACE_AUTOPRUNE_POLICY) is in no answer (workers/autopruneworker.py).
  if (policies.length === 0)
    return { state: 'ok', message: `${name} has no auto-prune policy of its own; Quay does not tell whether there is one for all` };
  return {
    state: 'warning',
    message: `Quay itself deletes tags by auto-prune policies of ${name}: ${policies.join('; ')}`,
    next:
      'Let one of the two decide: delete these policies (Settings, Auto-Prune Policies), or leave the repository out of the policies ' +
      'here.',
  };
}

async function immutable(client: QuayClient, features: () => Promise<Features>, repository: string, doing: string): Promise<Answer> {
  if (!(await features()).immutability) return { state: 'ok', message: 'this Quay has no immutable tags' };
  const path = `${repositoryPath(client, repository)}/immutabilitypolicy/`;
  const json = await client.get({ doing, scope: 'repo:admin', path, repository });
  const policies = asList(json['policies'])?.map(asObject);
  if (!('policies' in json) || !policies?.every((policy) => policy !== undefined))
    throw badAnswer(doing, 'the answer is not a list of policies');
  const label = client.label(repository);
  if (policies.length === 0) return { state: 'ok', message: `${label} has no immutability policy of its own` };
  const words = policies.map(({ tagPattern, tagPatternMatches }) => {
    return `tags that ${tagPatternMatches === false ? 'do not match' : 'match'} ${printable(asText(tagPattern) ?? 'unknown')}`;
  });
  return {
    state: 'warning',
    message: `tags that were pushed to ${label} under an immutability policy are never deleted: ${words.join('; ')}`,
    next: 'Plans show them as locked. Where they are to go, take the lock off each of them, which needs the scope repo:admin.',
  };
}

async function timeMachine(client: QuayClient, repository: string, doing: string): Promise<Answer> {
  const { restorableSeconds: seconds } = await readRepositorySettings(client, repository);
  if (seconds === undefined) throw badAnswer(doing, 'the answer does not tell how long deleted tags are kept');
  const then = 'and then Quay collects them by itself';
  if (seconds > 0) return { state: 'ok', message: `deleted tags stay in the time machine for ${lengthOf(seconds)}, ${then}` };
  return {
    state: 'warning',
    message: `the namespace of ${client.label(repository)} keeps nothing in the time machine: what is deleted cannot be put back`,
    next: 'Set a longer time machine in the settings of the organization, or have each plan looked at before it is applied.',
  };
}

function lengthOf(seconds: number): string {
  const days = (seconds * 1000) / DAY_MS;
  return days >= 1 ? `${Math.floor(days * 10) / 10} days` : `${seconds} seconds`;
}
