import { describe, expect, it } from 'vitest';
import { index } from '../../../../src/demo/image.ts';
import { APP, asked, build, connect, failure, fakeGitlab, fill, tagsIn } from './gitlab-fixture.ts';

const isDeletion = ({ method }: { readonly method: string }): boolean => method === 'DELETE';

describe('a deletion on GitLab', () => {
  it('goes tag by tag, with the digest looked at right before, and asks for nothing else to be deleted', async () => {
    const gitlab = await fakeGitlab();
    const one = build('one');
    await fill(gitlab, APP, one, 'a', 'b', 'fresh');
    expect(await connect(gitlab).deleteManifest(APP, one.digest, ['a', 'b'])).toEqual({ outcome: 'deleted' });
    expect(tagsIn(gitlab)).toEqual(['fresh']);
    const { id, project } = gitlab.store.repository(APP);
    expect(asked(gitlab).filter((line) => line.startsWith('DELETE'))).toEqual(
      ['a', 'b'].map((tag) => `DELETE /api/v4/projects/${project.id}/registry/repositories/${id}/tags/${tag}`),
    );
    const heads = gitlab.requests.filter(({ method }) => method === 'HEAD').map(({ path }) => path.split('/').at(-1));
    expect(heads).toEqual(['a', 'b']);
  });

  it('of an image with several tags is all or nothing: where one is protected, those before it are put back', async () => {
    const gitlab = await fakeGitlab();
    const one = build('one');
    await fill(gitlab, APP, one, 'a', 'b', 'c');
    gitlab.store.project('team/shop')!.rules.push({
      tag_name_pattern: '^b$',
      minimum_access_level_for_push: 'maintainer',
      minimum_access_level_for_delete: 'owner',
    });
    expect(await connect(gitlab).deleteManifest(APP, one.digest, ['a', 'b', 'c'])).toMatchObject({
      outcome: 'locked',
      message: expect.stringContaining(`the tag prod/${APP}:b: GitLab answered status 403`) as string,
    });
    expect(tagsIn(gitlab)).toEqual(['a', 'b', 'c']);
  });

  it('leaves a tag that was moved meanwhile, and does not put one back over a newer one', async () => {
    const gitlab = await fakeGitlab();
    const [one, two] = [build('one'), build('two')];
    await fill(gitlab, APP, one, 'a', 'b');
    await fill(gitlab, APP, two, 'two');
    const { tags } = gitlab.store.registry.repository(APP);
    gitlab.gitlab.onRequest((request) => {
      if (isDeletion(request)) tags.set('b', two.digest);
    });
    gitlab.onRequest(({ path, method }) => {
      if (method === 'HEAD' && path.endsWith('/b')) tags.set('a', two.digest);
    });
    expect(await connect(gitlab).deleteManifest(APP, one.digest, ['a', 'b'])).toMatchObject({ outcome: 'drifted' });
    expect([tags.get('a'), tags.get('b')]).toEqual([two.digest, two.digest]);
  });

  it.each([true, false])(
    'takes a tag that went meanwhile for gone, whatever GitLab answers (metadata database: %s)',
    async (hasDatabase) => {
      const gitlab = await fakeGitlab({ hasDatabase });
      const one = build('one');
      await fill(gitlab, APP, one, 'a');
      gitlab.gitlab.onRequest((request) => {
        if (isDeletion(request)) gitlab.store.registry.repository(APP).tags.delete('a');
      });
      const { outcome } = await connect(gitlab).deleteTag(APP, 'a', one.digest);
      expect(outcome).toBe(hasDatabase ? 'gone' : 'deleted');
    },
  );

  it('of what has no tag asks nothing of GitLab, which collects it', async () => {
    const gitlab = await fakeGitlab();
    const child = build('child');
    await fill(gitlab, APP, index([child]), 'v1');
    const registry = connect(gitlab);
    expect(await registry.deleteManifest(APP, child.digest, [])).toEqual({ outcome: 'deleted' });
    expect(asked(gitlab).filter((line) => line.startsWith('DELETE'))).toEqual([]);
    expect((await registry.readManifest(APP, child.digest))?.digest).toBe(child.digest);
  });

  it('is not believed to be done where the tag stays although GitLab says that it is not there', async () => {
    const gitlab = await fakeGitlab();
    const one = build('one');
    await fill(gitlab, APP, one, 'a');
    const body = JSON.stringify({ message: '404 Tag Not Found' });
    gitlab.gitlab.onRequest((request) => (isDeletion(request) ? { status: 404, body } : undefined));
    expect((await failure(connect(gitlab).deleteTag(APP, 'a', one.digest))).message).toContain('the registry has it');
  });
});
