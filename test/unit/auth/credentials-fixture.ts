import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createCredentialResolver, type CredentialResolver } from '../../../src/auth/credential-resolver.ts';
import type { CredentialConfig } from '../../../src/auth/credentials.ts';

/** A home folder of its own, removed after the test. */
export interface Home {
  readonly path: string;
  /** Writes a file below it, as text or as JSON, and answers its path. */
  write(name: string, content: unknown): string;
  /**
   * Puts a program `docker-credential-<name>` on the PATH: a shell script, that finds what it was asked for in $server. Answers its log of
   * those.
   */
  helper(name: string, script: string): string;
  /** A resolver for this home, with these environment variables beside HOME and PATH. */
  resolver(env?: Record<string, string>, configured?: Record<string, CredentialConfig>): CredentialResolver;
}

export function makeHome(): Home {
  const path = mkdtempSync(join(tmpdir(), 'regprune-home-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const write = (name: string, content: unknown) => {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  return {
    path,
    write,
    helper(name, script) {
      const log = join(path, `${name}.log`);
      chmodSync(write(`bin/docker-credential-${name}`, `#!/bin/sh\nserver=$(cat)\necho "$1 $server" >> ${log}\n${script}\n`), 0o755);
      return log;
    },
    resolver: (env = {}, configured = {}) =>
      createCredentialResolver({
        env: { PATH: `${join(path, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: path, ...env },
        home: path,
        configured: new Map(Object.entries(configured)),
      }),
  };
}

export function auth(username: string, password: string): { auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}
