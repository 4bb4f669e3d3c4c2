import { expect, test } from 'vitest';
import type { InUseImage } from '../../../src/domain/in-use.ts';
import { withOtherNames } from '../../../src/inuse/other-names.ts';
import { parseImage } from '../../../src/inuse/parse-image.ts';
import { aliasesOf } from '../../../src/registry/image-names.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** What an image is called beside what was written, as `[host/]repository:tag`. */
function others(text: string): string[] {
  const used: InUseImage = { image: parseImage(text) as InUseImage['image'], source: 'pod a' };
  const [first, ...rest] = withOtherNames([used], aliasesOf);
  expect(first).toBe(used);
  expect(rest.every(({ source }) => source === 'pod a')).toBe(true);
  return rest.map(({ image }) => {
    if ('digest' in image) return image.digest;
    const { host, repository, tag } = image.reference;
    return `${host === undefined ? '' : `${host}/`}${repository}:${tag}`;
  });
}

test('what has another name is found by that too', () => {
  expect(others('us-docker.pkg.dev/p/gcr.io/app:v0')).toEqual(['gcr.io/p/app:v0']);
  expect(others('registry.example.com/p/app:v0')).toEqual([]);
});

test('a name without a host means Docker Hub, or any other host that was left out', () => {
  expect(others('nginx:1.25')).toEqual([
    'docker.io/library/nginx:1.25',
    'index.docker.io/library/nginx:1.25',
    'index.docker.io/nginx:1.25',
    'registry-1.docker.io/library/nginx:1.25',
    'registry-1.docker.io/nginx:1.25',
    'library/nginx:1.25',
  ]);
  expect(others('library/nginx')).toContain('nginx:latest');
  expect(others('team/app:v1')).not.toContain('library/team/app:v1');
});

test.for([DIGEST, `nginx@${DIGEST}`, `gcr.io/p/app:v1@${DIGEST}`])('a digest needs no other name: %s', (text) => {
  expect(others(text)).toEqual([]);
});
