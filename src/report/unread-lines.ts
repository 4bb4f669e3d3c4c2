import { printable } from '../diagnostics/redact.ts';
import type { Plan } from '../plan/plan.ts';

/** What a plan or a forecast could not read, one line for each: `prod/team/app: UNREACHABLE: no answer in time`. */
export function unreadLines({ unread = [] }: Pick<Plan, 'unread'>): string[] {
  return unread.map(({ registry, repository, code, message }) => {
    const what = repository === undefined ? `the repositories of ${registry}` : `${registry}/${repository}`;
    const [first = ''] = message.split('\n');
    return printable(`${what}: ${code}: ${first.replace(/:$/, '')}`);
  });
}
