import { printable } from '../diagnostics/redact.ts';
import type { Plan, RepositoryPlan } from '../plan/plan.ts';
import { nothingRead } from '../plan/unread.ts';
import { amountLines, amountWords, copiedWords, plannedAmounts } from './amounts.ts';
import { SCRIPT } from './html-assets.ts';
import { htmlPage } from './html-page.ts';
import { clockWords } from './measured-age.ts';
import { appliedAmounts, type Outcome } from './outcome.ts';
import { copyWords, reasonLine } from './reason-text.ts';
import { notesOf, ordinaryTags, viewOf } from './repository-view.ts';
import { freedNumber, freedWords, mostFreed } from './table-totals.ts';
import { bytes, number, time } from './text.ts';
import { unreadLines } from './unread-lines.ts';
import { xmlText } from './xml.ts';

/** Repositories whose bytes are drawn. */
const BARS = 20;

/**
 * A plan, or what came of it, as one page that needs nothing else, for the person who has to say yes: totals, bytes by repository, a
 * timeline of what stays and goes, every image with its reason, search and filter. `hash` answers the SHA-256 of a text in base64.
 */
export function planHtml(plan: Plan, outcome: Outcome, hash: (text: string) => string): string {
  const governed = plan.repositories.filter(({ policy: name }) => name !== undefined);
  const { title, state } = words(plan, outcome);
  const main = `<h1>${xmlText(title)}</h1>
<p>${xmlText(state)}</p>
${alarms(plan, outcome)}${tiles(plan)}
${bars(governed, plan)}
<h2 id="images">Images</h2>
<form id="filter" hidden role="search" aria-labelledby="images">
<label>Search tags, repositories, reasons<br><input type="search" name="search" autocomplete="off"></label>
<fieldset><legend>Show </legend>
<label><input type="checkbox" name="delete" checked> what goes</label>
<label><input type="checkbox" name="untag" checked> what loses tags</label>
<label><input type="checkbox" name="archive" checked> what is archived</label>
<label><input type="checkbox" name="keep" checked> what stays</label>
</fieldset>
<output id="status" aria-live="polite"></output>
</form>
<noscript><p>Without JavaScript, this page shows the totals only.</p></noscript>
<div id="repositories"></div>
${listed('Notes', notesOf(plan))}`;
  return htmlPage({ title, main, script: { code: SCRIPT, data: data(governed) } }, hash);
}

function words(plan: Plan, { applied, refused }: Outcome): { readonly title: string; readonly state: string } {
  const asOf = `Decided as of ${time(plan.now)}.`;
  if (applied)
    return { title: `Prune: ${amountWords(appliedAmounts(plan, applied)) || 'nothing'} deleted (${applied.outcome})`, state: asOf };
  if (refused !== undefined) return { title: 'Prune: nothing was changed', state: asOf };
  if (nothingRead(plan)) return { title: 'Prune plan: nothing could be read', state: asOf };
  return { title: `Prune plan: ${amountWords(plannedAmounts(plan)) || 'nothing'} to delete`, state: `${asOf} Nothing has been changed.` };
}

function alarms(plan: Plan, { refused }: Outcome): string {
  const blocks = plan.blockedBy.map(({ message }) => message);
  return (
    alarm('Nothing was changed', refused === undefined ? [] : [refused]) +
    alarm('Not everything could be read. Nothing is deleted where something is missing', unreadLines(plan)) +
    alarm('This plan may not be carried out', blocks)
  );
}

function alarm(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<section class="alarm"><h2>${xmlText(title)}</h2><ul>${items(lines)}</ul></section>\n`;
}

function listed(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<h2>${xmlText(title)}</h2><ul>${items(lines)}</ul>\n`;
}

function items(lines: readonly string[]): string {
  return lines.map((line) => `<li>${xmlText(line)}</li>`).join('');
}

function tiles(plan: Plan): string {
  const { images } = plan.summary;
  const tile = (kind: string, value: string, what: string): string => `<li><b class="${kind}">${xmlText(value)}</b> ${xmlText(what)}</li>`;
  const sums = amountLines(plannedAmounts(plan)).map((line) => `<p class="dim">${xmlText(line)}</p>`);
  if (plan.summary.copied !== undefined) sums.push(`<p class="dim">${xmlText(copiedWords(plan.summary))}</p>`);
  return `<ul class="tiles">${tile('go', number(images.delete), 'images go')}${tile('change', number(images.untag), 'lose tags')}${tile(
    'stay',
    number(images.keep),
    'stay',
  )}${tile('', freedNumber(plan.summary), 'freed')}</ul>${sums.join('')}`;
}

/** The repositories in which most is freed, each with a bar; a table says the same to those who do not see it. */
function bars(governed: readonly RepositoryPlan[], plan: Plan): string {
  const sorted = governed.toSorted((a, b) => mostFreed(b.summary) - mostFreed(a.summary)).slice(0, BARS);
  const most = Math.max(1, ...sorted.map(({ summary }) => mostFreed(summary)));
  const more = governed.length > sorted.length ? `The ${BARS} of ${number(governed.length)} in which most is freed. ` : '';
  const head = [th('Repository'), th('Go', 'n'), th('Lose tags', 'n'), th('Stay', 'n'), th('Freed', 'n'), th('Share', 'share')].join('');
  return [
    '<h2>Repositories</h2><div class="scroll" tabindex="0" role="region" aria-label="Repositories">',
    `<table><caption>${more}In all, ${xmlText(freedWords(plan.summary))}.</caption>`,
    `<thead><tr>${head}</tr></thead>`,
    `<tbody>${sorted.map((one) => repositoryRow(one, most)).join('')}</tbody></table></div>`,
  ].join('\n');
}

function th(text: string, kind?: string): string {
  return `<th scope="col"${kind === undefined ? '' : ` class="${kind}"`}>${text}</th>`;
}

/** `most` is what the longest bar stands for. */
function repositoryRow(one: RepositoryPlan, most: number): string {
  const { images } = one.summary;
  const about = `${one.policy ?? ''} · ${one.complete ? clockWords(one) : 'incomplete, nothing is deleted'}`;
  const share = Math.round((mostFreed(one.summary) / most) * 200);
  const td = (kind: string, content: string): string => `<td class="${kind}">${content}</td>`;
  const bar = (kind: string, width: number): string => `<rect class="${kind}" width="${width}" height="12"/>`;
  return [
    `<tr><th scope="row">${xmlText(`${one.registry}/${one.repository}`)}<br><span class="dim">${xmlText(about)}</span></th>`,
    td('n go', number(images.delete)),
    td('n', number(images.untag)),
    td('n stay', number(images.keep)),
    td('n', xmlText(freedNumber(one.summary))),
    td('share', `<svg width="200" height="12" aria-hidden="true">${bar('ground', 200)}${bar('bar', share)}</svg>`),
    '</tr>',
  ].join('');
}

/** The images for the script, without their parts. */
function data(governed: readonly RepositoryPlan[]): object {
  const repositories = governed.map((repository) => {
    const { deleted, archived, kept } = viewOf(repository);
    const shown = new Map([...deleted, ...kept].map(({ image, size }) => [image, size]));
    const all = [
      ...deleted.map(({ image, reason }) => ({ image, reason })),
      ...archived,
      ...repository.images.filter(({ action, part }) => action === 'untag' && !part).map((image) => ({ image, reason: undefined })),
      ...kept.map(({ image, reason }) => ({ image, reason })),
    ];
    return {
      name: printable(`${repository.registry}/${repository.repository}`),
      images: all.map(({ image, reason }) => ({
        tags: ordinaryTags(image).map(printable),
        digest: image.digest,
        action: image.action,
        untag: image.untag.map(printable),
        size: bytes(shown.get(image) ?? image.size),
        time: (repository.clock === 'pushed' ? image.pushedAt : image.createdAt) ?? '',
        why: [...(reason ? [reason] : image.reasons).map(reasonLine), ...(image.copiedTo ? [`${copyWords(image)} first`] : [])].join('; '),
      })),
    };
  });
  return { repositories };
}
