import { escapeHidden } from './escape-hidden.ts';
import { STYLE } from './html-assets.ts';
import { xmlText } from './xml.ts';

/** What a page shows. */
export interface HtmlPage {
  readonly title: string;
  /** What stands in its `main`, as HTML. */
  readonly main: string;
  /** What it does, and the data that this reads from the element `data`. */
  readonly script?: { readonly code: string; readonly data: object };
}

/**
 * One page that needs nothing else. `hash` answers the SHA-256 of a text in base64.
 *
 * Nothing from elsewhere can be run in it: the script and the style are the only ones that the page's own policy lets run, by their
 * hashes; data stands in a block of JSON that cannot end its element, for every `<` in it is written as an escape.
 */
export function htmlPage({ title, main, script }: HtmlPage, hash: (text: string) => string): string {
  const scripts = script ? `script-src 'sha256-${hash(script.code)}'; ` : '';
  const policy = `default-src 'none'; ${scripts}style-src 'sha256-${hash(STYLE)}'; base-uri 'none'; form-action 'none'`;
  const code = script
    ? `<script type="application/json" id="data">${escapeHidden(JSON.stringify(script.data)).replaceAll('<', '\\u003c')}</script>
<script>${script.code}</script>
`
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${xmlText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${main}</main>
${code}</body>
</html>
`;
}
