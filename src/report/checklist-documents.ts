import type { Checklist } from '../lint/checklist.ts';
import { exampleLine, itemLine, verdict } from './checklist-text.ts';
import { codeSpan } from './code-span.ts';
import { junitXml, type TestCase } from './junit.ts';
import { number } from './text.ts';
import { unreadLines } from './unread-lines.ts';

const MARKS = { pass: 'ok', finding: '**look**', unknown: '?' } as const;

/** A checklist for a comment or a step summary. Text from elsewhere stands in code spans only. */
export function checklistMarkdown(checklist: Checklist): string {
  return `${[
    `### Checklist: ${verdict(checklist)}`,
    '',
    ...unreadLines(checklist).flatMap((line) => [`- not read: ${codeSpan(line)}`, '']),
    ...checklist.registries.flatMap(({ registry, repositories, images, items }) => [
      `#### ${codeSpan(registry)}: ${number(repositories)} repositories, ${number(images)} images`,
      '',
      '| | Check | What | First of them |',
      '| --- | --- | --- | --- |',
      ...items.map((item) => {
        const first = exampleLine(item);
        return `| ${MARKS[item.state]} | ${item.check} | ${codeSpan(itemLine(item))} | ${first === '' ? '' : codeSpan(first)} |`;
      }),
      '',
    ]),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** A checklist as a test report: a test for each item, which fails where something is not so, and one for what could not be read. */
export function checklistJunit(checklist: Checklist): string {
  return junitXml([
    ...unreadLines(checklist).map((line): TestCase => ({ suite: 'unread', name: line, problem: { type: 'unread', message: line } })),
    ...checklist.registries.flatMap(({ registry, items }) =>
      items.map((item): TestCase => {
        const text = [itemLine(item), exampleLine(item)].filter((part) => part !== '').join(': ');
        return {
          suite: registry,
          name: item.check,
          ...(item.state === 'finding' ? { problem: { type: item.check, message: text } } : { output: text }),
        };
      }),
    ),
  ]);
}
