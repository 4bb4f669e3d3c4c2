import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { filesOf } from './program.ts';

/**
 * Looks for secrets in whatever form, in the output and in everything that was written, but for the files that they were given in: `given`,
 * by their names in the home folder.
 */
export async function expectNoCanary(
  user: { readonly home: string },
  secrets: readonly string[],
  output: string,
  given: readonly string[] = [],
): Promise<void> {
  const written = [...(await filesOf(user))].filter(([path]) => !given.some((name) => path === join(user.home, name)));
  expect(given.length === 0 || (await readFile(join(user.home, given[0]!), 'utf8')) !== '').toBe(true);
  for (const [place, text] of [['the output', output], ...written] as const) {
    for (const form of secrets.flatMap(formsOf)) expect(text.includes(form), `${place}: ${form} in ${text.slice(0, 2000)}`).toBe(false);
  }
}

function formsOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ x: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
  ];
}
