import { byPath, cutPage, linkHeader } from '../page.ts';
import { jsonReply, type Reply } from '../reply.ts';
import type { Call } from './call.ts';

/** GET `_catalog`: every repository that once had a manifest. */
export function answerCatalog(call: Call): Reply {
  const names = [...call.storage.repositories].filter(([, repository]) => repository.listed).map(([name]) => name);
  const page = cutPage(names.sort(byPath), call.query, call.options, { compare: byPath });
  if ('status' in page) return page;
  return jsonReply(200, { repositories: page.entries }, linkHeader(call.pathname, page));
}
