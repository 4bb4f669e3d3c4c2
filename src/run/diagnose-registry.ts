import { ToolError } from '../diagnostics/tool-error.ts';
import type { Capabilities } from '../domain/inventory.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { Registry } from '../registry/registry.ts';
import type { Finding } from '../report/diagnosis.ts';
import { count } from '../report/text.ts';
import type { Context } from './context.ts';
import { type Checked, failedBy } from './failed-by.ts';
import { openRegistries } from './registries.ts';
import type { Workplace } from './workplace.ts';

/** Repositories whose names are asked for. */
const LISTED = 3;
/** A repository with more tags is not read whole just to look at it. */
const MOST_TAGS = 200;
/** Milliseconds by which clocks may differ: signatures of cloud registries allow for five minutes. */
const SKEW = 2 * 60 * 1000;

/** Everything that a run needs of one registry, in the order in which it needs it. Sends nothing that changes anything. */
export async function diagnoseRegistry(name: string, workplace: Workplace, context: Context): Promise<Checked[]> {
  const { settings, named } = workplace;
  const { io } = context;
  const clock: Clock = {};
  const one = settings.registries.filter((registry) => registry.name === name);
  const observe = (http: HttpClient): HttpClient => withDates(http, (date) => (clock.skew ??= date - io.now()));
  const ends = { signal: io.signal, waits: io.signal, observe };
  let registries;
  try {
    registries = await openRegistries(one, named, settings, context, ends);
  } catch (error) {
    return [failedBy(name, 'reach', error), ...skewFinding(name, clock)];
  }
  try {
    const registry = registries.byName.get(name) as Registry;
    const checked = await diagnoseOpen(registry, workplace);
    const [first, ...others] = checked;
    return first ? [first, ...skewFinding(name, clock), ...others] : [];
  } finally {
    await registries.close();
  }
}

/** How far the registry's clock is ahead, in milliseconds; unset while no answer told. */
interface Clock {
  skew?: number;
}

/** The same client, but the dates of its answers are told. */
function withDates(http: HttpClient, onDate: (date: number) => void): HttpClient {
  return {
    close: () => http.close(),
    request: async (request) => {
      const response = await http.request(request);
      const date = Date.parse(response.headers['date'] ?? '');
      if (!Number.isNaN(date)) onDate(date);
      return response;
    },
  };
}

function skewFinding(subject: string, { skew }: Clock): Checked[] {
  if (skew === undefined) return [];
  const seconds = Math.round(Math.abs(skew) / 1000);
  if (Math.abs(skew) <= SKEW) return [{ subject, check: 'clock', state: 'ok', message: `within ${count(Math.max(1, seconds), 'second')}` }];
  const message = `the clock of the registry is ${count(seconds, 'second')} ${skew > 0 ? 'ahead of' : 'behind'} this one`;
  return [{ subject, check: 'clock', state: 'warning', message, next: 'Set both clocks by NTP: ages are counted by this one.' }];
}

async function diagnoseOpen(registry: Registry, { scopes }: Workplace): Promise<Checked[]> {
  const { name } = registry;
  const scope = scopes.get(name);
  const named = scope?.names[0];
  const ownTags = named === undefined ? undefined : await orToolError(registry.listTags(named));
  // If it is not a repository, it may be a namespace: the owner, group or project of some.
  const isNamespace = ownTags instanceof ToolError && ownTags.code === 'NOT_FOUND';
  const below = isNamespace ? named : named === undefined ? scope?.folders[0] : undefined;
  const isMeant = (one: string): boolean =>
    isNamespace ? one.startsWith(`${named}/`) : named !== undefined || (scope?.includes(one) ?? true);
  const listing = await listed(registry, below, isMeant);
  const unreachable = [ownTags, listing].find((error) => error instanceof ToolError && error.code === 'UNREACHABLE');
  if (unreachable) return [failedBy(name, 'reach', unreachable)];
  const checked: Checked[] = [{ subject: name, check: 'reach', state: 'ok', message: `${registry.type} at ${registry.url}` }];
  checked.push(listingFinding(name, listing, below));
  const first = listing instanceof ToolError ? undefined : listing[0];
  const repository = isNamespace ? (first ?? named) : (named ?? first);
  if (repository === undefined) {
    const next = `Name a repository: doctor ${name}/REPO.`;
    return [...checked, { subject: name, check: 'read', state: 'unknown', message: 'there is no repository to try it on', next }];
  }
  const tags = repository === named && ownTags ? ownTags : await orToolError(registry.listTags(repository));
  checked.push(...(await diagnoseRepository(registry, repository, tags)));
  if (tags instanceof ToolError && tags.code === 'NOT_FOUND') return checked;
  const beside = (await besideOf(registry, repository)).map((one): Checked => ({ subject: name, ...one }));
  checked.push(...beside);
  return beside.some(({ check }) => check === 'garbage') ? checked : [...checked, collecting(registry)];
}

/** What the registry does by itself; `unknown` where nothing of it could be asked. */
async function besideOf(registry: Registry, repository: string): Promise<readonly Omit<Finding, 'subject'>[]> {
  const beside = await orToolError(registry.beside?.(repository) ?? Promise.resolve([]));
  return beside instanceof ToolError ? [{ ...failedBy(registry.name, 'beside', beside), state: 'unknown' }] : beside;
}

/** `below`: the namespace that was looked into; undefined for the whole registry. */
function listingFinding(subject: string, listing: readonly string[] | ToolError, below: string | undefined): Checked {
  if (listing instanceof ToolError) {
    const finding = failedBy(subject, 'list', listing);
    return listing.code === 'NOT_FOUND' ? { ...finding, state: 'warning' } : finding;
  }
  if (listing.length === 0) {
    const message = `it lists no repository${below === undefined ? '' : ` below ${below}`}`;
    const next = 'Check with what rights these credentials list: an empty answer may only mean that nothing is shown to them.';
    return { subject, check: 'list', state: 'warning', message, next };
  }
  return { subject, check: 'list', state: 'ok', message: `it lists ${listing.join(', ')}${listing.length === LISTED ? ', …' : ''}` };
}

/** `tags`: those of the repository, or why they could not be listed. */
async function diagnoseRepository(registry: Registry, repository: string, tags: readonly string[] | ToolError): Promise<Checked[]> {
  const { name } = registry;
  const checked: Checked[] = [];
  let capabilities: Capabilities | undefined;
  try {
    if (tags instanceof ToolError) throw tags;
    checked.push({ subject: name, check: 'read', state: 'ok', message: `${repository} has ${count(tags.length, 'tag')}` });
    if (tags.length <= MOST_TAGS) capabilities = (await registry.inventory(repository)).capabilities;
  } catch (error) {
    checked.push(failedBy(name, 'read', error));
  }
  try {
    await registry.checkDelete(repository, { tags: capabilities?.deleteTag ?? false });
    checked.push({
      subject: name,
      check: 'delete',
      state: 'ok',
      message: `deletion is not refused in ${repository}; nothing was deleted to find out`,
    });
  } catch (error) {
    checked.push(failedBy(name, 'delete', error));
  }
  return capabilities ? [...checked, undoing(name, capabilities), telling(name, capabilities)] : checked;
}

function undoing(subject: string, { undo }: Capabilities): Checked {
  if (undo !== false)
    return { subject, check: 'undo', state: 'ok', message: 'what is deleted can be put back until its garbage is collected' };
  const next = 'Plan with --plan-out and have each plan looked at before it is applied.';
  return { subject, check: 'undo', state: 'warning', message: 'what is deleted cannot be put back', next };
}

/** What rules can ask of this registry. */
function telling(subject: string, capabilities: Capabilities): Checked {
  const words = {
    pushedAt: 'pushes',
    pulledAt: 'pulls',
    tagTimes: 'when tags were set',
    listUntagged: 'images without a tag',
    labels: 'labels',
  } as const;
  const names = Object.keys(words) as (keyof typeof words)[];
  const lacks = names.filter((key) => !capabilities[key]).map((key) => words[key]);
  const message = lacks.length === 0 ? 'it tells all that rules may ask for' : `it does not tell ${lacks.join(', ')}`;
  return { subject, check: 'tells', state: 'ok', message };
}

/** Whether garbage is collected, of a registry that tells nothing of it itself. */
export function collecting({ name: subject, collectGarbage }: Registry): Checked {
  return collectGarbage
    ? { subject, check: 'garbage', state: 'ok', message: 'its garbage collection can be started with --gc, where the account may' }
    : {
        subject,
        check: 'garbage',
        state: 'unknown',
        message: 'this program cannot tell when space comes back',
        next: 'Check that the garbage collection of the registry runs by itself.',
      };
}

/** The first of the names that are meant and that a registry lists, below a namespace where one is given. */
function listed(registry: Registry, below: string | undefined, isMeant: (name: string) => boolean): Promise<string[] | ToolError> {
  const list = async (): Promise<string[]> => {
    const names: string[] = [];
    for await (const name of registry.repositories(below === undefined ? {} : { below }))
      if (isMeant(name) && names.push(name) >= LISTED) break;
    return names;
  };
  return orToolError(list());
}

function orToolError<T>(answer: Promise<T>): Promise<T | ToolError> {
  return answer.catch((error: unknown) => {
    if (error instanceof ToolError) return error;
    throw error;
  });
}
