import path from 'node:path';
import { type Cluster, type Context, newClusters, newContexts, newUsers, type User } from '@kubernetes/client-node/dist/config_types.js';
import { type Document, parseDocument } from 'yaml';
import { printable } from '../../diagnostics/redact.ts';
import { readSource } from '../../diagnostics/source.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';

/** One or several kubeconfig files as one. Paths in it are as the working directory sees them. */
export interface Kubeconfig {
  readonly clusters: readonly Cluster[];
  readonly users: readonly User[];
  readonly contexts: readonly Context[];
  readonly currentContext?: string;
  /** The files, for messages. */
  readonly files: string;
}

const LONGEST_FILE = 16 * 2 ** 20;

/**
 * Reads the files and merges them as kubectl does: of two entries of one name, and of two current contexts, the first counts. Throws `FILE`
 * for one that cannot be read and `CONFIG_INVALID` for one that is not a kubeconfig; no text of a file is in an error, for credentials
 * stand in it.
 */
export async function readKubeconfig(files: readonly string[]): Promise<Kubeconfig> {
  const read: Omit<Kubeconfig, 'files'>[] = [];
  for (const file of files) read.push(await readOne(file));
  const merged = <Named extends { readonly name: string }>(lists: readonly (readonly Named[])[]): Named[] => {
    const byName = new Map<string, Named>();
    for (const each of lists.flat()) if (!byName.has(each.name)) byName.set(each.name, each);
    return [...byName.values()];
  };
  const currentContext = read.find((each) => each.currentContext !== undefined)?.currentContext;
  return {
    clusters: merged(read.map(({ clusters }) => clusters)),
    users: merged(read.map(({ users }) => users)),
    contexts: merged(read.map(({ contexts }) => contexts)),
    ...(currentContext !== undefined && { currentContext }),
    files: files.join(', '),
  };
}

async function readOne(file: string): Promise<Omit<Kubeconfig, 'files'>> {
  const { text } = await readSource(file, { what: 'kubeconfig', maxBytes: LONGEST_FILE });
  const document = parseDocument(text, { logLevel: 'silent' });
  const [syntax] = document.errors;
  if (syntax) throw invalid(file, `it is not YAML (${syntax.code}, line ${syntax.linePos?.[0].line ?? '?'})`);
  const content = plain(document);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw invalid(file, 'it holds no object');
  const { clusters, users, contexts, 'current-context': current } = content as Readonly<Record<string, unknown>>;
  const locate = (inner: unknown): unknown =>
    typeof inner === 'string' && inner !== '' && !path.isAbsolute(inner) ? path.join(path.dirname(file), inner) : inner;
  try {
    return {
      clusters: newClusters(clusters).map((each) => ({ ...each, caFile: locate(each.caFile) }) as Cluster),
      users: newUsers(located(users, locate)),
      contexts: newContexts(contexts),
      ...(typeof current === 'string' && current !== '' && { currentContext: current }),
    };
  } catch (cause) {
    throw invalid(file, (cause as Error).message);
  }
}

/**
 * Users whose files are found from the kubeconfig, as kubectl finds them. A `tokenFile` counts before a `token`; it becomes the library's
 * own provider of a token in a file, which reads it again while it is used. The library itself knows the field by another name, and reads
 * it once.
 */
function located(users: unknown, locate: (inner: unknown) => unknown): unknown {
  if (!Array.isArray(users)) return users;
  return users.map((entry: { readonly user?: Readonly<Record<string, unknown>> | null } | null) => {
    const { user } = entry ?? {};
    if (!user) return entry;
    const { tokenFile, exec } = user as { readonly tokenFile?: unknown; readonly exec?: Readonly<Record<string, unknown>> };
    const command = exec?.['command'];
    return {
      ...entry,
      user: {
        ...user,
        'client-certificate': locate(user['client-certificate']),
        'client-key': locate(user['client-key']),
        ...(exec && { exec: { ...exec, command: typeof command === 'string' && /[\\/]/.test(command) ? locate(command) : command } }),
        ...(typeof tokenFile === 'string' && {
          token: undefined,
          'auth-provider': { name: 'tokenFile', config: { tokenFile: locate(tokenFile) } },
        }),
      },
    };
  });
}

/** Undefined for one whose aliases would make it huge. */
function plain(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    return undefined;
  }
}

function invalid(file: string, why: string): ToolError {
  return new ToolError('CONFIG_INVALID', `The kubeconfig ${file} cannot be used: ${printable(why)}.`, {
    hint: 'Correct it; `kubectl config view` shows how kubectl reads it.',
  });
}
