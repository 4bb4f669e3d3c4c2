/** What a role lets do: on images of every repository (`nx-repository-view-docker-*`), on their settings, and on tasks. */
export type Privilege = 'browse' | 'read' | 'add' | 'edit' | 'delete' | 'admin-read' | 'tasks-read' | 'tasks-run';

export interface FakeAccount {
  readonly name: string;
  readonly password: string;
  readonly privileges: readonly Privilege[];
  /** A content selector: other images than these are not shown to it. */
  readonly images?: RegExp;
}

export const ADMIN: FakeAccount = {
  name: 'admin',
  password: 'admin-password-0815',
  privileges: ['browse', 'read', 'add', 'edit', 'delete', 'admin-read', 'tasks-read', 'tasks-run'],
};

/** Whom a request is of; undefined for nobody. `wrong`: credentials that nobody has. */
export function accountOf(
  authorization: string | string[] | undefined,
  accounts: readonly FakeAccount[],
): FakeAccount | 'wrong' | undefined {
  if (authorization === undefined) return undefined;
  const text = Buffer.from(String(authorization).replace(/^Basic /i, ''), 'base64').toString('utf8');
  return accounts.find(({ name, password }) => text === `${name}:${password}`) ?? 'wrong';
}

/** Whether an account may do something with an image. */
export function may(account: FakeAccount | undefined, privilege: Privilege, image?: string): boolean {
  if (!account?.privileges.includes(privilege)) return false;
  return image === undefined || account.images === undefined || account.images.test(image);
}
