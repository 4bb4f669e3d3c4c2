import { byCodeUnit } from '../../domain/compare.ts';
import { cutPage, linkHeader } from '../page.ts';
import { errorReply, jsonReply, type Reply } from '../reply.ts';
import type { Call } from './call.ts';

/**
 * GET `tags/list`, as distribution 3.1.1 answers it: a repository that never had a tag is not known, `tags` is null if no tag is left, and
 * a full page has a link even if it ends with the last tag.
 */
export function answerTags(call: Call): Reply {
  const repository = call.storage.repositories.get(call.repository);
  if (!repository?.tagged) return errorReply('NAME_UNKNOWN', [{ name: call.repository }]);
  const inPlace = [...repository.tags.keys()];
  const page = call.options.ignorePaging
    ? { entries: inPlace }
    : cutPage(inPlace.sort(byCodeUnit), call.query, call.options, { compare: byCodeUnit, linkWhenFull: true });
  if ('status' in page) return page;
  const tags = page.entries.length > 0 || call.query.get('n') === '0' ? page.entries : null;
  return jsonReply(200, { name: call.repository, tags }, linkHeader(call.pathname, page));
}
