import { describe, expect, it } from 'vitest';
import { parseGarHost } from '../../../../src/registry/gar/host.ts';
import { imagePath, packageResource, parseImageName, type WholeImageName } from '../../../../src/registry/gar/image-name.ts';

describe('hosts of Artifact Registry', () => {
  it.each([
    ['europe-west1-docker.pkg.dev', { location: 'europe-west1' }],
    ['us-docker.pkg.dev', { location: 'us' }],
    ['gcr.io', { location: 'us', repository: 'gcr.io' }],
    ['us.gcr.io', { location: 'us', repository: 'us.gcr.io' }],
    ['eu.gcr.io', { location: 'europe', repository: 'eu.gcr.io' }],
    ['asia.gcr.io', { location: 'asia', repository: 'asia.gcr.io' }],
  ])('%s', (host, place) => {
    expect(parseGarHost(host)).toEqual(place);
  });

  it.each([
    'docker.pkg.dev',
    'europe-west1-npm.pkg.dev',
    'europe-west1-docker.pkg.dev.example.com',
    'fr.gcr.io',
    'k8s.gcr.io',
    'notgcr.io',
  ])('%s is none', (host) => {
    expect(parseGarHost(host)).toBeUndefined();
  });
});

describe('names of images', () => {
  const pkgDev = { location: 'europe-west1' };
  const gcr = { location: 'us', repository: 'gcr.io' };

  it.each([
    ['my-project/images/app', pkgDev, 'projects/my-project/locations/europe-west1/repositories/images/packages/app'],
    [
      'my-project/images/team/deep/app',
      pkgDev,
      'projects/my-project/locations/europe-west1/repositories/images/packages/team%2Fdeep%2Fapp',
    ],
    [
      'example.com/my-project/images/app',
      pkgDev,
      'projects/example.com:my-project/locations/europe-west1/repositories/images/packages/app',
    ],
    ['my-project/gcr.io/team/app', pkgDev, 'projects/my-project/locations/europe-west1/repositories/gcr.io/packages/team%2Fapp'],
    ['my-project/team/app', gcr, 'projects/my-project/locations/us/repositories/gcr.io/packages/team%2Fapp'],
    ['example.com/my-project/app', gcr, 'projects/example.com:my-project/locations/us/repositories/gcr.io/packages/app'],
  ])('%s is one package, and its slashes are escaped once', (text, place, resource) => {
    const name = parseImageName(text, place) as WholeImageName;
    expect(packageResource(name, place)).toBe(resource);
    expect(imagePath(name, place)).toBe(text);
  });

  it('may end before the image', () => {
    expect(parseImageName('my-project', pkgDev)).toEqual({ project: 'my-project' });
    expect(parseImageName('my-project/images', pkgDev)).toEqual({ project: 'my-project', repository: 'images' });
    expect(parseImageName('my-project', gcr)).toEqual({ project: 'my-project', repository: 'gcr.io' });
  });

  it.each(['', 'My-Project/images/app', 'my-project/../other/app', 'my-project/images/a%2fb', 'my-project//app'])(
    '%j is refused',
    (text) => {
      expect(() => parseImageName(text, pkgDev)).toThrow('is not the name of a repository');
    },
  );
});
