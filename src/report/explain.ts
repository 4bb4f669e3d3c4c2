import { printable } from '../diagnostics/redact.ts';
import type { Digest } from '../domain/digest.ts';
import type { Capabilities } from '../domain/inventory.ts';
import { isIndexType } from '../domain/media-types.ts';
import { parseDigestTag } from '../domain/attachment.ts';
import type { Action, Clock, PlannedImage } from '../plan/plan.ts';
import { isDeleteReason } from '../plan/reason.ts';
import { reasonLine } from './reason-text.ts';
import { ordinaryTags } from './repository-view.ts';
import { PLAIN, type Style } from './style.ts';
import { age, bytes, shortDigest, time } from './text.ts';
import { padEnd, width } from './width.ts';

/** Everything that is known of one image and of how it was decided. A document. */
export interface Explanation {
  readonly kind: 'Explanation';
  readonly formatVersion: string;
  readonly registry: string;
  readonly repository: string;
  readonly now: string;
  readonly policy?: { readonly name: string; readonly source: string };
  readonly complete: boolean;
  readonly clock: Clock;
  /** Whether the registry records these times at all. */
  readonly records: Pick<Capabilities, 'pushedAt' | 'createdAt' | 'pulledAt'>;
  readonly image: PlannedImage;
  /** Bytes of the image and of its children and attachments at any depth, each counted once. */
  readonly sizeWithParts: number;
  readonly platforms: readonly string[];
  readonly artifactType?: string;
  /** The rules that are named in its reasons. */
  readonly rules: readonly ExplainedRule[];
  readonly children: readonly Related[];
  readonly attachments: readonly Related[];
  readonly indexes: readonly Related[];
  readonly subjects: readonly Related[];
}

export interface ExplainedRule {
  readonly name: string;
  readonly order: string;
  readonly per: string;
  readonly keep: string | Readonly<Record<string, number | string>>;
}

/** Another manifest of the repository that this one holds or is held by. */
export interface Related {
  readonly digest: Digest;
  readonly tags: readonly string[];
  readonly action: Action;
  readonly platforms?: readonly string[];
  readonly artifactType?: string;
}

const VERBS: Readonly<Record<Action, (style: Style) => string>> = {
  keep: (style) => style.stay('keep'),
  untag: (style) => style.change('untag'),
  archive: (style) => style.change('archive'),
  delete: (style) => style.remove('delete'),
};

/** The whole trace of one image, for people. `title` is what it is called where its digest means nothing. */
export function explanationText(explanation: Explanation, style: Style = PLAIN, title?: string): string {
  const { image, registry, repository, policy, now } = explanation;
  const own = image.reasons.filter(({ tag }) => tag === undefined);
  const ofTags = image.reasons.filter(({ tag }) => tag !== undefined);
  const about = [
    ['type', typeWords(explanation)],
    ['size', sizeWords(explanation)],
    ['pushed', timeWords(image.pushedAt, explanation.records.pushedAt, now, 'not known')],
    ['created', timeWords(image.createdAt, explanation.records.createdAt, now, 'not known')],
    ['pulled', timeWords(image.pulledAt, explanation.records.pulledAt, now, 'never')],
    ['clock', explanation.clock === 'none' ? 'the registry tells no time' : `"pushed" is read from the ${explanation.clock} time`],
    ['policy', policy === undefined ? 'none governs this repository' : `${printable(policy.name)}, from ${printable(policy.source)}`],
    ['as of', time(now)],
    ...(image.copiedTo
      ? [
          [
            'copied to',
            `${image.copiedTo.map(printable).join(', ')}, before it ${image.action === 'delete' ? 'goes' : 'loses tags'}`,
          ] as const,
        ]
      : []),
  ] as const;
  const sections = [
    section(
      'tags',
      [
        ...ofTags.map((reason) => [
          printable(reason.tag ?? ''),
          tagVerb(explanation, reason.tag ?? '', isDeleteReason(reason.code), style),
          reasonLine(reason),
        ]),
        ...tagsHeldByOthers(image).map((tag) => [printable(tag), style.stay('keep'), 'stays with the other tags of its image']),
      ],
      style,
    ),
    section(
      'rules',
      explanation.rules.map((rule) => [printable(rule.name), ruleWords(rule)]),
      style,
    ),
    section('image', about, style),
    section(
      'children',
      explanation.children.map((other) => relatedRow(other, style)),
      style,
    ),
    section(
      'attachments',
      explanation.attachments.map((other) => relatedRow(other, style)),
      style,
    ),
    section(
      'part of',
      explanation.indexes.map((other) => relatedRow(other, style)),
      style,
    ),
    section(
      'attached to',
      explanation.subjects.map((other) => relatedRow(other, style)),
      style,
    ),
  ];
  const incomplete = explanation.complete ? [] : [`\n  ${style.remove('incomplete')}  nothing in this repository will be deleted\n`];
  // A part has reasons of its own; an image with tags has those of its tags.
  const verdict = own.length === 0 ? [''] : own.map(reasonLine);
  const verb = VERBS[image.action];
  const lines = verdict.map((reason, index) => `  ${index === 0 ? verb(style) : ' '.repeat(verb(PLAIN).length)}  ${reason}`.trimEnd());
  return [
    `${title === undefined ? `${style.bold(printable(`${registry}/${repository}`))}@${image.digest}` : style.bold(printable(title))}\n\n`,
    ...lines.map((line) => `${line}\n`),
    ...incomplete,
    ...sections,
  ].join('');
}

/** Tags without a reason of their own, of an image that stays whole by another of its tags. */
function tagsHeldByOthers(image: PlannedImage): readonly string[] {
  const told = new Set(image.reasons.map(({ tag }) => tag));
  return image.action === 'keep' && !told.has(undefined) ? ordinaryTags(image).filter((tag) => !told.has(tag)) : [];
}

function tagVerb({ image }: Explanation, tag: string, deleted: boolean, style: Style): string {
  return image.untag.includes(tag) ? style.change('untag') : deleted ? style.remove('delete') : style.stay('keep');
}

function section(title: string, rows: readonly (readonly string[])[], style: Style): string {
  if (rows.length === 0) return '';
  const widths = (rows[0] as readonly string[]).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : padEnd(cell, widths[column] as number)))
      .join('  ')
      .trimEnd(),
  );
  return `\n  ${style.dim(title)}\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function typeWords({ image, platforms, artifactType }: Explanation): string {
  const kind = isIndexType(image.mediaType) ? 'index' : 'manifest';
  return [
    `${kind}, ${printable(image.mediaType)}`,
    ...(artifactType === undefined ? [] : [printable(artifactType)]),
    ...platforms.map(printable),
  ].join(', ');
}

function sizeWords({ image: { size }, sizeWithParts }: Explanation): string {
  return sizeWithParts === size ? bytes(size) : `${bytes(sizeWithParts)} with its parts, ${bytes(size)} by itself`;
}

function timeWords(value: string | undefined, recorded: boolean, now: string, missing: string): string {
  if (value === undefined) return recorded ? missing : 'not recorded by this registry';
  const ago = age(value, now);
  return `${printable(time(value))}${ago === '' ? '' : `, ${ago} ago`}`;
}

function ruleWords({ keep, order, per }: ExplainedRule): string {
  const bounds =
    typeof keep === 'string'
      ? keep
      : Object.entries(keep)
          .map(([name, value]) => `${name} ${value}`)
          .join(', ');
  return `keep ${bounds} · order ${order}${per === 'repository' ? '' : ` · per ${printable(per)}`}`;
}

function relatedRow({ digest, tags, action, platforms, artifactType }: Related, style: Style): string[] {
  return [
    shortDigest(digest),
    VERBS[action](style),
    [...(platforms ?? []), ...(artifactType === undefined ? [] : [artifactType]), ...tags.map(shortTag)].map(printable).join(', '),
  ];
}

/** An attachment tag without the digest in it, which is told already. */
function shortTag(tag: string): string {
  return parseDigestTag(tag) === undefined ? tag : tag.replace(/-[0-9a-f]{64}/, '-…');
}
