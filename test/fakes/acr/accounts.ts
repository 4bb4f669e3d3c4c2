export type Action = 'pull' | 'push' | 'delete' | 'metadata_read' | 'metadata_write';

const ALL: readonly Action[] = ['pull', 'push', 'delete', 'metadata_read', 'metadata_write'];

/** Who may do what. */
export interface Account {
  /** For Basic; an identity has none. */
  readonly name?: string;
  readonly secret?: string;
  /** The token of Entra ID that an identity has. */
  readonly entraToken?: string;
  readonly mayListCatalog: boolean;
  actionsOn(repository: string): readonly Action[];
}

/** The admin user: everything. */
export function adminUser(name: string, secret: string): Account {
  return { name, secret, mayListCatalog: true, actionsOn: () => ALL };
}

/** A token with a scope map: what it names, and never the catalogue. */
export function scopeMapToken(name: string, secret: string, actions: Readonly<Record<string, readonly Action[]>>): Account {
  return { name, secret, mayListCatalog: false, actionsOn: (repository) => actions[repository] ?? [] };
}

/** Whoever asks without credentials, of a registry that lets everybody pull (container-registry-anonymous-pull). */
export const ANONYMOUS: Account = { mayListCatalog: true, actionsOn: () => ['pull', 'metadata_read'] };

/** The data actions of the roles on the registry; AcrDelete alone can neither list nor read. */
const ROLES: Readonly<Record<string, readonly Action[]>> = {
  AcrPull: ['pull', 'metadata_read'],
  AcrPush: ['pull', 'push', 'metadata_read', 'metadata_write'],
  AcrDelete: ['delete'],
  Contributor: ALL,
};

/** The same in ABAC mode, where those above give nothing. */
const ABAC_ROLES: Readonly<Record<string, readonly Action[]>> = {
  'Container Registry Repository Reader': ['pull', 'metadata_read'],
  'Container Registry Repository Writer': ['pull', 'push', 'metadata_read', 'metadata_write'],
  'Container Registry Repository Contributor': ALL,
};

/** An identity of Entra ID with roles; in ABAC mode, those of repositories may be for some of them only. */
export function identity(
  entraToken: string,
  roles: readonly string[],
  { abac = false, only }: { readonly abac?: boolean; readonly only?: readonly string[] } = {},
): Account {
  const actions = roles.flatMap((role) => (abac ? ABAC_ROLES : ROLES)[role] ?? []);
  return {
    entraToken,
    mayListCatalog: abac ? roles.includes('Container Registry Repository Catalog Lister') : actions.includes('metadata_read'),
    actionsOn: (repository) => (only === undefined || only.includes(repository) ? actions : []),
  };
}
