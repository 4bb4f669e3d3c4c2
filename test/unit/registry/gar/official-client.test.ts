import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { image, index, layer } from '../../../../src/demo/image.ts';
import { OWNER } from '../../../fakes/gar/fake-gar.ts';
import { fakeGar } from './gar-fixture.ts';

/** A Python that has Google's client (`pip install google-cloud-artifact-registry`); the one for Node.js needs Node.js 22. */
const PYTHON = process.env['REGPRUNE_GAR_PYTHON'] ?? 'python3';
const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'fakes', 'gar', 'official-client.py');

function hasClient(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import google.cloud.artifactregistry_v1'], { stdio: 'ignore', timeout: 600_000 });
    return true;
  } catch {
    return false;
  }
}

const missing = hasClient() ? '' : ' [skipped: there is no Python with google-cloud-artifact-registry; name one in REGPRUNE_GAR_PYTHON]';

describe.skipIf(missing !== '')(`the fake of Artifact Registry${missing}`, () => {
  it("speaks to Google's own client: pages, names, refusals, operations and batches", async () => {
    const fake = await fakeGar({ maxPage: 1, polls: 1 });
    const child = image({ layers: [layer('app', 100)], created: '2025-01-01T00:00:00Z' });
    const whole = index([child]);
    fake.push('my-project/images/team/app', whole, ['v1'], { pushedAt: '2025-02-01T00:00:00Z' });
    fake.push('my-project/images/other', child, ['x'], { pushedAt: '2025-02-01T00:00:00Z' });
    const repository = 'projects/my-project/locations/europe-west1/repositories/images';
    const { stdout } = await promisify(execFile)(PYTHON, [
      SCRIPT,
      new URL(fake.url).host,
      OWNER.token,
      repository,
      'team%2Fapp',
      'v1',
      whole.digest,
      child.digest,
    ]);
    const app = `${repository}/packages/team%2Fapp`;
    expect(JSON.parse(stdout)).toMatchObject({
      repository: 'STANDARD_REPOSITORY',
      repositories: [repository],
      packages: [`${repository}/packages/other`, app],
      versions: [
        { name: `${app}/versions/${child.digest}`, tags: [] },
        { name: `${app}/versions/${whole.digest}`, tags: [`${app}/tags/v1`] },
      ],
      tags: { [`${app}/tags/v1`]: `${app}/versions/${whole.digest}` },
      tag: `${app}/versions/${whole.digest}`,
      missing: expect.stringMatching(/^NotFound/) as string,
      tagged: expect.stringContaining('GOOGLE_MANIFEST_DANGLING_TAG') as string,
      child: expect.stringMatching(/^FailedPrecondition: GOOGLE_MANIFEST_DANGLING_PARENT_IMAGE/) as string,
      failedVersions: [`${app}/versions/sha256:${'0'.repeat(64)}`],
      left: [`${app}/versions/${child.digest}`],
    });
    expect(fake.violations).toEqual([]);
  });
});
