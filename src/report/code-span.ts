import { printable } from '../diagnostics/redact.ts';

/** The longest text from elsewhere that stands in one piece. */
const LONGEST = 500;

/**
 * Text from elsewhere as code in Markdown: there, no host reads a mention, a reference, a command, a link or an image. A backtick would end
 * it, and a bar would end the cell of a table even there.
 */
export function codeSpan(value: string): string {
  const text = printable(value);
  const plain = (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text).replaceAll('`', "'").replaceAll('|', '¦');
  return plain === '' ? '' : `\`${plain}\``;
}
