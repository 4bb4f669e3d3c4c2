import { readFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { SWEEPING } from '../../sweep.ts';
import { newUser } from '../program.ts';
import { POLICY } from '../registry-history.ts';
import { brokenParts, readStorage } from '../servers/distribution-storage.ts';
import { startRecordingProxy } from '../servers/recording-proxy.ts';
import { afterPlan, type FilledRegistry } from './filled-registry.ts';

const KILLS = SWEEPING ? 3 : 1;
const DELETION_MS = 15;

/** Rerunning is the recovery from any crash. */
export function testCrash(filled: FilledRegistry): void {
  it('ends as an undisturbed run does, however often it was killed on the way', async () => {
    const registry = await filled.start();
    const before = await readStorage(registry.root);
    // Slow deletions, so that a kill hits one half-way as often as the time between two.
    const proxy = await startRecordingProxy(
      registry.url,
      ({ method }) => method === 'DELETE' && new Promise((resolve) => setTimeout(resolve, DELETION_MS)),
    );
    onTestFinished(() => proxy.stop());
    const user = await newUser({ files: { 'policy.yaml': POLICY } });
    const command = ['prune', '--registry', proxy.url, '-p', 'policy.yaml', '--apply'];
    const undisturbed = afterPlan(before, await user.plan(...command.slice(1, -1)));
    const isDeletion = ({ method }: { readonly method: string }): boolean => method === 'DELETE';

    const killed: string[] = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      proxy.requests.length = 0;
      const deletions = 1 + Math.floor(Math.random() * 12);
      const delay = Math.floor(Math.random() * 2 * DELETION_MS);
      const { child, ended } = user.start(...command);
      while (child.exitCode === null && proxy.requests.filter(isDeletion).length < deletions) await sleep(1);
      await sleep(delay);
      child.kill('SIGKILL');
      const { code } = await ended;
      if (code === undefined) killed.push(`${delay} ms after deletion ${deletions}`);
      // What the registry has begun, it finishes.
      while (proxy.requests.some((request) => request.answeredAt === 0 && isDeletion(request))) await sleep(1);
    }

    const last = await user.run(...command);
    expect(last.code, last.stderr).toBe(0);
    const story = `killed ${killed.join('; ')}`;
    expect(killed.length, story).toBeGreaterThan(0);
    expect(await readStorage(registry.root), story).toEqual(undisturbed);
    expect(await brokenParts(registry.root), story).toEqual([]);

    // And all the journals together put everything back.
    for (const journal of (await user.journals()).reverse()) {
      // One that was killed before its first line was written has deleted nothing.
      if ((await readFile(journal, 'utf8')).includes('\n')) await user.succeed('undo', journal);
    }
    expect(await readStorage(registry.root), story).toEqual(before);
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
