import { printable } from '../diagnostics/redact.ts';

/** Text from elsewhere within XML, in an element or an attribute: without what XML 1.0 cannot hold, and with its own signs escaped. */
export function xmlText(text: string): string {
  return printable(text)
    .replace(/[\p{Cs}\uFFFE\uFFFF]/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
