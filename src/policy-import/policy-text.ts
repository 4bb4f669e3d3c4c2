import { Document, isCollection, isMap, isNode, type YAMLMap } from 'yaml';
import type { Commented, ImportedPolicy } from './imported-policy.ts';

/** Characters of a line of comments, which stand up to six columns in. */
const WIDTH = 110;

/**
 * Policies that are {@link settled} as a file in YAML, with what is said of each policy and rule above it. `origin` is where it all comes
 * from.
 */
export function policyText(policies: readonly ImportedPolicy[], origin: string): string {
  const document = new Document({
    version: 1,
    policies: policies.map(({ name, repositories, keepNewest, sharedTags, protect = [], rules }) => ({
      name,
      ...(repositories && { repositories }),
      // What is imported has no floor; the comment at the top says so.
      keepAtLeast: 0,
      ...(keepNewest !== undefined && { keepNewest }),
      ...(sharedTags && { sharedTags }),
      ...(protect.length > 0 && { protect: protect.map(({ part }) => part) }),
      rules: rules.map(({ part }) => part),
    })),
  });
  document.commentBefore = comment([
    'yaml-language-server: $schema=./policy.schema.json',
    '',
    `Imported from ${origin}. Look at its plan before it is applied: "prune -p FILE" deletes nothing without --apply.`,
    'What is in use and what is younger than an hour ("grace") stays besides. "keepAtLeast: 0" is as it was there: it lets a repository ' +
      'become empty, 1 always leaves an image.',
  ]);
  policies.forEach((policy, index) => {
    const node = document.getIn(['policies', index], true);
    // What holds for several policies of a file is said above the first.
    const said = policies.slice(0, index).flatMap(({ comments }) => comments);
    if (isNode(node)) node.commentBefore = comment(policy.comments.filter((sentence) => !said.includes(sentence)));
    commentAll(document, ['policies', index, 'protect'], policy.protect ?? []);
    commentAll(document, ['policies', index, 'rules'], policy.rules);
    for (const path of [
      ['repositories'],
      ...policy.rules.flatMap((_rule, at) => [
        ['rules', at, 'tags'],
        ['rules', at, 'keep'],
      ]),
    ])
      inOneLine(document, ['policies', index, ...path]);
    (policy.protect ?? []).forEach((_entry, at) => inOneLine(document, ['policies', index, 'protect', at, 'tags']));
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function commentAll(document: Document, path: readonly (string | number)[], parts: readonly Commented<unknown>[]): void {
  parts.forEach(({ comments }, index) => {
    const node = document.getIn([...path, index], true);
    if (isNode(node) && comments.length > 0) node.commentBefore = comment(comments);
  });
}

function inOneLine(document: Document, path: readonly (string | number)[]): void {
  const node = document.getIn(path, true);
  if (isCollection(node)) node.flow = true;
  if (isMap(node)) for (const pair of (node as YAMLMap).items) if (isCollection(pair.value)) pair.value.flow = true;
}

/** Sentences as lines of a comment. What comes from elsewhere cannot end it. */
function comment(sentences: readonly string[]): string {
  return sentences
    .flatMap((sentence) => wrapped(sentence.replace(/[\s\p{C}]+/gu, ' ')))
    .map((line) => (line === '' ? '' : ` ${line}`))
    .join('\n');
}

function wrapped(sentence: string): string[] {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1) as string;
    if (last !== '' && last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
