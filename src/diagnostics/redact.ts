import { stripVTControlCharacters } from 'node:util';

/** What stands in the place of a secret. */
const MASK = '***';
/** Shorter texts are not secrets, and masking them would make every message unreadable. */
const SHORTEST_SECRET = 4;
/**
 * Longer secrets are tokens, which nobody encodes once more; passwords are shorter. This keeps the list small when a run collects
 * thousands of tokens.
 */
const LONGEST_ENCODED = 256;

/** So much of the beginning of a long secret is taken for it: answers and messages are cut somewhere. */
const SHORTEST_PART = 20;

/** Query parameters whose values are shown: paging, filters and token scopes. Everything else may be a signature or a key. */
const SHOWN_PARAMETERS = new Set([
  'n',
  'last',
  'page',
  'page_size',
  'pagesize',
  'per_page',
  'limit',
  'orderby',
  'sort',
  'scope',
  'service',
  'artifacttype',
  'digest',
  'tag',
  'repository',
  'filter',
]);

/**
 * What is a secret by its shape, even where it was not remembered: signed or encrypted tokens (RFC 7519), which libraries make and
 * exchange among themselves, private keys in PEM, and signatures of AWS.
 */
const SHAPES: readonly RegExp[] = [
  /\beyJ[\w-]{10,}(?:\.[\w-]*){2,4}/g,
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/gs,
  /(?<=Signature=)[0-9a-f]{64}/gi,
];

/** Every form in which a secret may appear, the longest first so that no secret hides part of a longer one. */
const forms: string[] = [];
const known = new Set<string>();

/** Remembers a secret for the rest of the process. Call it the moment a password or token is read, before anything else is done with it. */
export function rememberSecret(text: string): void {
  if (known.has(text)) return;
  for (const form of spellings(text)) {
    if (form.length < SHORTEST_SECRET || known.has(form)) continue;
    known.add(form);
    const place = forms.findIndex((other) => other.length < form.length);
    forms.splice(place < 0 ? forms.length : place, 0, form);
  }
}

function spellings(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  const form = new URLSearchParams({ '': secret }).toString().slice(1);
  // Messages stand on one line, so that the lines of a secret are joined there.
  const all = [secret, encoded, form, JSON.stringify(secret).slice(1, -1), secret.trim().replace(BREAKS, ' ')];
  if (secret.length <= LONGEST_ENCODED) {
    const bytes = Buffer.from(secret);
    all.push(bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'));
  }
  return all;
}

/**
 * The text with `***` in place of every remembered secret, plain, URL-encoded, JSON-escaped or in base64, of the beginning of a long one,
 * and of whatever is a secret by its shape.
 */
export function redact(text: string): string {
  let clean = text;
  for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, MASK);
  // Before the beginnings: a private key is told by its first line, which begins as every other key does.
  for (const shape of SHAPES) clean = clean.replaceAll(shape, MASK);
  for (const form of forms) if (form.length > SHORTEST_PART) clean = withoutBeginning(clean, form);
  return clean;
}

/** The text without what begins as a secret does, as far as it goes on like that. */
function withoutBeginning(text: string, secret: string): string {
  const beginning = secret.slice(0, SHORTEST_PART);
  let clean = text;
  for (let at = clean.indexOf(beginning); at >= 0; at = clean.indexOf(beginning, at + MASK.length)) {
    let length = SHORTEST_PART;
    while (length < secret.length && clean[at + length] === secret[length]) length++;
    clean = `${clean.slice(0, at)}${MASK}${clean.slice(at + length)}`;
  }
  return clean;
}

/** A URL fit for messages: without user and password, without fragment, and with the values of known harmless query parameters only. */
export function redactUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // A relative or broken URL: keep what stands before anything that may carry a secret.
    return redact(printable(text.replace(/[?#].*$/s, '').replace(/^[^/]*\/\/[^/]*@/, '//')));
  }
  const query = [...url.searchParams].map(([name, value]) => {
    const shown = SHOWN_PARAMETERS.has(name.toLowerCase())
      ? encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%2C', ',')
      : MASK;
    return `${encodeURIComponent(name)}=${shown}`;
  });
  return redact(`${url.protocol}//${url.host}${url.pathname}${query.length === 0 ? '' : `?${query.join('&')}`}`);
}

const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/**
 * Control characters, and invisible characters that turn the direction of writing or take no room: either can make a message read
 * as another.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/**
 * Text from elsewhere made fit for a terminal: escape sequences and control characters are taken out, line breaks and tabs become a
 * space.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(BREAKS, ' ').replace(INVISIBLE, '').trim();
}

/** As {@link printable}, for a text of several lines, which keep their line breaks and their indentation. */
export function printableLines(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => (character === '\n' ? character : ''));
}

/** Text from elsewhere within a sentence: in quotes, without secrets, no longer than 200 characters, and fit for a terminal. */
export function quoted(text: string): string {
  // A secret that is cut is known by nobody any more, so it goes before.
  return JSON.stringify(redact(text).slice(0, 200)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
