import { printable, redact } from '../diagnostics/redact.ts';
import type { HttpResponse } from './http-client.ts';

const MAX_ERRORS = 10;
const MAX_TEXT = 300;

/** One error as a registry reports it. All texts may be printed and are at most 300 characters long. */
export interface RegistryErrorEntry {
  /** Upper case by the specification, `MANIFEST_UNKNOWN`; empty where the registry gives none. */
  readonly code: string;
  readonly message: string;
  /** Further details; as JSON if they are not text. */
  readonly detail?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The errors in the body of an answer, at most ten. Understands `{"errors": [{"code", "message", "detail"}]}` (OCI distribution-spec,
 * "Error Codes"), the forms of token servers (`{"error", "error_description"}`, `{"details"}`) and of web frameworks (`{"message"}`,
 * `{"title", "detail"}`), plain text, and the title of a web page. Empty for an empty body.
 */
export function parseRegistryErrors(body: Uint8Array): RegistryErrorEntry[] {
  const text = Buffer.from(body).toString('utf8').trim();
  if (text === '') return [];
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1];
    const message = clean(text.startsWith('<') ? title : text);
    return message === '' ? [] : [{ code: '', message }];
  }
  return entriesOf(document).slice(0, MAX_ERRORS);
}

/** What a registry said, in one line: `DENIED: requested access to the resource is denied`; or only the status where it said nothing. */
export function registryErrorText(response: Pick<HttpResponse, 'status' | 'body'>): string {
  const texts = parseRegistryErrors(response.body).map(({ code, message, detail }) => {
    const said = [code, message].filter((part) => part !== '').join(': ');
    return detail === undefined || said.includes(detail) ? said : `${said} (${detail})`;
  });
  return texts.length === 0 ? `status ${response.status}` : `status ${response.status}, ${texts.join('; ')}`;
}

/** True of a 403 that says that the registry, or a part of it, takes no changes now: no other account would be allowed more. */
export function saysReadOnly(response: Pick<HttpResponse, 'status' | 'body'>): boolean {
  return response.status === 403 && /\bread[- ]?only\b/i.test(registryErrorText(response));
}

function entriesOf(document: unknown): RegistryErrorEntry[] {
  if (Array.isArray(document)) return document.flatMap(entryOf);
  if (!isFields(document)) return entryOf(document);
  const { errors, error, error_description: description } = document;
  if (Array.isArray(errors) && errors.length > 0) return errors.flatMap(entryOf);
  if (isFields(error)) return entryOf(error);
  if (typeof error === 'string' && typeof description === 'string') return entryOf({ code: error, message: description });
  return entryOf(document);
}

function entryOf(value: unknown): RegistryErrorEntry[] {
  if (!isFields(value)) return clean(value) === '' ? [] : [{ code: '', message: clean(value) }];
  const detail = clean(value['detail'] ?? value['details']);
  const message = [value['message'], value['error'], value['title']].map(clean).find((text) => text !== '') ?? '';
  const entry = {
    code: clean(value['code']),
    message: message === '' ? detail : message,
    ...(message !== '' && detail !== '' && { detail }),
  };
  return entry.code === '' && entry.message === '' ? [] : [entry];
}

/** Any value as text that may be shown. Null and an empty object give the empty text. */
function clean(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A sentence of its own ends where the message that quotes it goes on.
  return text === '{}' || text === '[]'
    ? ''
    : redact(printable(text))
        .slice(0, MAX_TEXT)
        .replace(/(?<![.])\.$/, '');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
