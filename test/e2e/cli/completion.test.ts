import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { wordsFor } from '../../../src/cli/complete-words.ts';
import { skipWithout } from '../servers/server-binaries.ts';
import { newSession, type Session } from './in-process.ts';

const POLICY = `version: 1
policies:
  - name: one
    registries: [prod]
    repositories: [team/app, 'team/**']
    rules: [{ name: all, tags: ['**'], keep: all }]
`;

async function withConfig(): Promise<Session> {
  const session = await newSession();
  const policy = await session.file('policy.yaml', POLICY);
  await session.file('.regctlrc.yaml', `registries: { prod: { url: https://registry.example.com } }\npolicies: ['${policy}']\n`);
  return newSession({ cwd: session.folder });
}

test.for([
  [['pr'], ['prune']],
  [['policy', 'd'], ['diff']],
  [
    ['prune', '--max-'],
    ['--max-deletions', '--max-duration'],
  ],
  [['prune', '-o', 'm'], ['markdown']],
  [['prune', '--registry', 'p'], ['prod']],
  [
    ['prune', 'p'],
    ['prod', 'prod/team/app'],
  ],
  [['prune', '-p', ''], []],
  [['apply', ''], []],
  [['policy', 'diff', 'old.yaml', ''], []],
  [
    ['policy', 'diff', 'old.yaml', '--now', '+1d', '-q', 'new.yaml', 'p'],
    ['prod', 'prod/team/app'],
  ],
] as const)('%j may go on with %j', async ([words, expected]) => {
  const session = await withConfig();
  const { stdout } = await session.run('complete-words', '--', ...words);
  expect(stdout.split('\n').filter((word) => word !== '')).toEqual(expected);
});

test('a name that a shell would expand is never a word', () => {
  const known = { registries: ['prod', 'p$(touch x)', 'p`x`', 'p x'], repositories: [] };
  const program = new Command('regctl').addCommand(new Command('prune').argument('[registry/repo...]'));
  expect(wordsFor(program, ['prune', 'p'], known)).toEqual(['prod']);
});

/** Asks a shell what may stand in place of the last word, with a program that knows two. */
async function completedBy(shell: 'bash' | 'zsh' | 'fish', ask: string): Promise<string> {
  const session = await newSession();
  const { stdout: script } = await session.run('completion', shell);
  const program = await session.file('regctl', '#!/bin/sh\nprintf "prune\\npolicy\\n"\n');
  await chmod(program, 0o755);
  const flags = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell];
  const env = { HOME: session.folder, PATH: `${session.folder}:${process.env['PATH']}` };
  return (await promisify(execFile)(shell, [...flags, '-c', ask.replace('SCRIPT', () => script)], { env })).stdout;
}

test('the words of the program are completed in bash', async () => {
  const asked = 'SCRIPT\nCOMP_WORDS=(regctl pr); COMP_CWORD=1; _regctl; printf "%s\\n" "${COMPREPLY[@]}"';
  expect(await completedBy('bash', asked)).toBe('prune\n');
  expect((await (await newSession()).run('--help')).stdout).not.toContain('complete-words');
});

test.skipIf(skipWithout('zsh'))('the words of the program are completed in zsh (needs zsh)', async () => {
  // The functions of zsh's own that a completion calls stand outside of a line that is edited.
  const asked = 'compdef() {}; compadd() { print -l -- ${(P)2} }\nSCRIPT\nwords=(regctl pr); CURRENT=2; _regctl';
  expect(await completedBy('zsh', asked)).toBe('prune\npolicy\n');
});

test.skipIf(skipWithout('fish'))('the words of the program, and no files beside them, are completed in fish (needs fish)', async () => {
  expect(await completedBy('fish', 'SCRIPT\ncomplete -C "regctl "')).toBe('policy\nprune\n');
});
