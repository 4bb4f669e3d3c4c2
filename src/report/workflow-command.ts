import { printableLines } from '../diagnostics/redact.ts';

/** Where an annotation is shown: a file of the repository, by its path from the root, and a line from 1. */
export interface AnnotationPlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** The longest text of one annotation, in UTF-16 code units; GitHub takes a few thousand. */
const LONGEST = 2000;

/**
 * An annotation as GitHub's runner reads it from the log. What its own format would read as an end is escaped
 * (https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts), so that no name in it is a command of its own.
 */
export function annotation(level: 'error' | 'warning' | 'notice', title: string, message: string, place?: AnnotationPlace): string {
  const properties = [
    ...(place ? [`file=${property(place.file)}`, `line=${place.line}`] : []),
    ...(place?.column === undefined ? [] : [`col=${place.column}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(',')}::${data(message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message)}\n`;
}

function data(text: string): string {
  return printableLines(text).trim().replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
