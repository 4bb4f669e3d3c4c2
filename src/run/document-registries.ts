import { loadConfig, type RegistryConfig } from '../config/config.ts';
import { chooseRegistry, connected, type ConnectionFlags, resolveSettings } from '../config/settings.ts';
import { printable } from '../diagnostics/redact.ts';
import { linkSignals } from '../diagnostics/link-signals.ts';
import { REGISTRY_TYPES } from '../registry/types.ts';
import type { Context } from './context.ts';
import { say } from './io.ts';
import { type OpenRegistries, openRegistries } from './registries.ts';
import { hostsOfRegistries, type Workplace } from './workplace.ts';

/** The settings of a run that carries out a document, and the registries of that document. */
export interface DocumentPlace extends OpenRegistries, Pick<Workplace, 'settings' | 'named' | 'hosts'> {}

/**
 * Opens the registries that a plan or a journal names: those of the config, and the others at the address that the document gives. A
 * document may come from anywhere. Credentials of the environment are therefore not sent to a registry that only the document names; the
 * user's own auth files are used, because they name their hosts. `waits` ends the opening, and later every wait before a request is tried
 * again.
 */
export async function openDocumentRegistries(
  named: ReadonlyMap<string, string>,
  options: ConnectionFlags & {
    readonly registry?: readonly string[];
    readonly inUse?: readonly string[];
    readonly concurrency?: string;
    readonly rate?: string;
  },
  context: Context,
  waits: AbortSignal,
): Promise<DocumentPlace> {
  const { io } = context;
  const config = await loadConfig(io.cwd, io.env, REGISTRY_TYPES);
  const given = (options.registry ?? []).map((text) => chooseRegistry(text, config.registries, options));
  const known = [...config.registries, ...given];
  const { inUse, concurrency, rate } = options;
  const flags = { ...(inUse && { inUse }), ...(concurrency !== undefined && { concurrency }), ...(rate !== undefined && { rate }) };
  const settings = resolveSettings(flags, io.env, config);
  const wanted = [...named].map(([name, url]): RegistryConfig => known.find((registry) => registry.name === name) ?? { name, url });
  const filled = wanted.map((registry) => settings.withLimits(connected(registry, options)));
  const { REGISTRY_USER = '', REGISTRY_PASSWORD = '' } = io.env;
  if (REGISTRY_USER !== '' && REGISTRY_PASSWORD !== '')
    for (const { name, url } of wanted.filter((registry) => !known.includes(registry)))
      say(
        io,
        `warning: REGISTRY_USER and REGISTRY_PASSWORD are not sent to ${printable(name)}, which the document alone names; ` +
          `add --registry ${printable(url)} if they are for it`,
      );
  const hosts = hostsOfRegistries([...known, ...filled]);
  const opening = linkSignals([waits]);
  try {
    const registries = await openRegistries(filled, known, settings, context, { signal: opening.signal, waits });
    return { settings, named: known, hosts, ...registries };
  } finally {
    // From here on, what is under way is to end by itself.
    opening.release();
  }
}
