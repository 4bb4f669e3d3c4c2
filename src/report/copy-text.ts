import { printable } from '../diagnostics/redact.ts';
import type { Digest } from '../domain/digest.ts';
import { PLAIN, type Style } from './style.ts';
import { bytes, count, firstOf, moreLine } from './text.ts';

/** What `copy` copies, or would copy. A document. */
export interface CopyReport {
  readonly kind: 'CopyReport';
  readonly formatVersion: '1.0';
  /** False: nothing was copied, this is what would be. */
  readonly applied: boolean;
  /** Those with something to copy, by registry and repository. */
  readonly repositories: readonly CopiedRepository[];
}

export interface CopiedRepository {
  readonly registry: string;
  readonly repository: string;
  /** `edge/apps/team/app` */
  readonly to: string;
  readonly images: readonly CopiedImage[];
}

export interface CopiedImage {
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Bytes, with all that belongs to it; what other images share is counted with each. */
  readonly size: number;
  /** Absent where it was not tried. `skipped`: the run was stopped before its turn. */
  readonly outcome?: 'copied' | 'failed' | 'skipped';
  readonly message?: string;
}

/** Images of one repository that are named, and failures. */
const LISTED = 8;

/** What is copied where, for people. */
export function copyText(
  report: CopyReport,
  { style = PLAIN, verbose = false }: { readonly style?: Style; readonly verbose?: boolean },
): string {
  const { applied, repositories } = report;
  const all = repositories.flatMap(({ images }) => images);
  if (all.length === 0) return 'There is nothing to copy: no rule selects an image that stays.\n';
  const most = verbose ? Infinity : LISTED;
  const lines = repositories.flatMap(({ registry, repository, to, images }) => {
    const failed = images.filter(({ outcome }) => outcome === 'failed' || outcome === 'skipped');
    const names = firstOf(images.flatMap(({ tags }) => tags).map(printable), most).join(', ');
    return [
      `${style.bold(printable(`${registry}/${repository}`))} to ${style.bold(printable(to))}  ${count(images.length, 'image')}: ${names}`,
      ...failed
        .slice(0, most)
        .map(
          (image) =>
            `  ${printable(image.tags.join(', '))}  ` +
            `${style.remove(image.outcome === 'failed' ? 'failed' : 'not begun')}: ${printable(image.message ?? '')}`,
        ),
      ...(failed.length > most ? [style.dim(`  ${moreLine(failed.length - most)}`)] : []),
    ];
  });
  const copied = all.filter(({ outcome }) => outcome === 'copied').length;
  const size = bytes(all.reduce((sum, image) => sum + image.size, 0));
  const total = applied
    ? `${copied} of ${count(all.length, 'image')} are there, whole.`
    : `${count(all.length, 'image')}, ${size} at most: what is there already is not sent again. ` +
      'Nothing has been copied: add --apply to do it.';
  return `${[...lines, '', total].join('\n')}\n`;
}
