import { expect, it } from 'vitest';
import { image, layer } from '../../../src/demo/image.ts';
import { push } from '../../../src/demo/push.ts';
import { OciClient } from '../../../src/distribution/client.ts';
import { deleteTagByTag, putTagBack } from '../../../src/registry/delete-tag-by-tag.ts';
import type { DeleteOutcome } from '../../../src/registry/registry.ts';
import { withRegistry } from '../demo/with-registry.ts';
import { testClient } from '../http/test-client.ts';

it('puts back the tags that went before one that cannot be deleted, and leaves one alone that was pushed meanwhile', async () => {
  const registry = await withRegistry();
  const [old, fresh] = ['old', 'fresh'].map((name) => image({ layers: [layer(name, 10)] }));
  await push(registry, 'app', old!, ['a', 'b', 'c']);
  const tags = registry.storage.repositories.get('app')!.tags;
  const http = testClient();
  const client = new OciClient({ name: 'prod', url: registry.url, send: (request) => http.request(request) });
  const deleteTag = async (tag: string): Promise<DeleteOutcome> => {
    if (tag === 'c') {
      await push(registry, 'app', fresh!, ['b']);
      return { outcome: 'locked', message: 'It is protected.' };
    }
    tags.delete(tag);
    return { outcome: 'deleted' };
  };

  const putBack = (tag: string): Promise<void> => putTagBack(client, 'app', old!.digest, tag);
  const outcome = await deleteTagByTag(['a', 'b', 'c'], { deleteTag, putBack, hint: 'Push it again.' });

  expect(outcome).toEqual({ outcome: 'locked', message: 'It is protected.' });
  expect(Object.fromEntries(tags)).toEqual({ a: old!.digest, b: fresh!.digest, c: old!.digest });
});
