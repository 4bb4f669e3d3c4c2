import { stripVTControlCharacters } from 'node:util';
import { isOwnWord } from './own-words.ts';
import type { Found } from './secret-parts.ts';
import { SecretSearch, SHORTEST_SEARCHED } from './secret-search.ts';

/** What stands in the place of a secret. Neither a tag nor the name of a repository can hold it. */
const MASK = '***';
/** Shorter texts are not secrets, and masking them would make every message unreadable. */
const SHORTEST_SECRET = 4;
/**
 * Longer secrets are tokens, which are found in base64 by their parts. This keeps the list small when a run collects thousands of tokens.
 */
const LONGEST_ENCODED = 256;
/** So few digits from 0 to f stand by chance in some digest. */
const PART_OF_A_DIGEST = /^[0-9a-f]{1,15}$/;

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

const DECODER = new TextDecoder();

const known = new Set<string>();
/** Every form in which a secret may appear, but for {@link commonForms}. */
let forms = new SecretSearch();
/** The forms that are taken out of messages alone; the longest first, so that none hides part of a longer one. */
const commonForms: string[] = [];

/**
 * Remembers a secret for the rest of the process. Call it the moment a password or token is read, before anything else is done with it.
 * Whatever is written or shown afterwards goes through {@link redact} or {@link redactDocument}.
 */
export function rememberSecret(text: string): void {
  if (known.has(text)) return;
  forms.addParts(text);
  for (const form of spellings(text)) {
    if (form.length < SHORTEST_SECRET || known.has(form)) continue;
    known.add(form);
    if (isCommon(form)) commonForms.push(form);
    else forms.add(form);
  }
  commonForms.sort((a, b) => b.length - a.length);
}

/** Forgets every secret: for tests alone, of which many files share a process. The program never forgets one. */
export function forgetSecrets(): void {
  known.clear();
  forms = new SecretSearch();
  commonForms.length = 0;
}

/** True of what stands in documents by chance: a short text, a few digits of a digest, a word of the documents themselves. */
function isCommon(form: string): boolean {
  return form.length < SHORTEST_SEARCHED || PART_OF_A_DIGEST.test(form) || isOwnWord(form);
}

function spellings(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  const form = new URLSearchParams({ '': secret }).toString().slice(1);
  const lower = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const json = JSON.stringify(secret).slice(1, -1);
  // Messages stand on one line, so that the lines of a secret are joined there.
  const all = [secret, encoded, form, lower(encoded), lower(form), json, secret.trim().replace(BREAKS, ' '), secret.replaceAll("'", "''")];
  return secret.length <= LONGEST_ENCODED ? [...all, ...base64Forms(secret), ...base64Forms(json)] : all;
}

/** The secret in base64, and what of it stays the same wherever it stands in something longer, such as `user:password`. */
function base64Forms(secret: string): string[] {
  const whole = Buffer.from(secret).toString('base64');
  const within = [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    // Three bytes are four characters; those that other bytes take part in are left out.
    const part = bytes.toString('base64').slice(Math.ceil((before * 4) / 3), Math.floor((bytes.length * 4) / 3));
    return part.length >= SHORTEST_SEARCHED ? [part] : [];
  });
  return [whole, whole.replace(/=+$/, ''), ...within].flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}

/**
 * A message without secrets: `***` in place of everything that was remembered, be it plain, URL-encoded, JSON-escaped or in base64, of
 * the parts of a long one, and of whatever is a secret by its shape.
 */
export function redact(text: string): string {
  // A private key is told by its first line, which begins as every other key does: before the beginnings.
  const shapeless = SHAPES.reduce((clean, shape) => clean.replaceAll(shape, MASK), text);
  const clean = masked(shapeless, forms.find(shapeless));
  return commonForms.reduce((rest, form) => rest.replaceAll(form, MASK), clean);
}

/**
 * A document, or a part of one, without secrets. Those that may stand there by chance ({@link isCommon}) stay, because without them the
 * document would say something else. What is masked is not a tag, a digest or a name any more, so that nothing is ever deleted by it.
 */
export function redactDocument(text: string): string {
  return masked(text, forms.find(text));
}

/** True of a text that {@link redactDocument} would change, or of one in UTF-8. */
export function holdsSecret(text: string | Uint8Array): boolean {
  if (forms.isEmpty) return false;
  return forms.find(typeof text === 'string' ? text : DECODER.decode(text)).length > 0;
}

function masked(text: string, found: readonly Found[]): string {
  let clean = '';
  let from = 0;
  for (const { start, end } of found) {
    clean += text.slice(from, start) + MASK;
    from = end;
  }
  return clean + text.slice(from);
}

/** Takes the secrets out of a document that comes in parts, also those that begin in one part and end in another. */
export class DocumentFilter {
  #held = '';

  /** What can be written so far: the part, with what was held back before, but for an end that may be the beginning of a secret. */
  push(part: string): string {
    if (forms.isEmpty) return part;
    const text = this.#held + part;
    const found = forms.find(text);
    const open = forms.open(text, found);
    this.#held = text.slice(open);
    return masked(
      text.slice(0, open),
      found.filter(({ end }) => end <= open),
    );
  }

  /** The rest. */
  end(): string {
    const rest = redactDocument(this.#held);
    this.#held = '';
    return rest;
  }
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
 * space. Secrets are taken out here too, because a report may escape the text once more, in a way of its own.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(redactDocument(text)).replace(BREAKS, ' ').replace(INVISIBLE, '').trim();
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
