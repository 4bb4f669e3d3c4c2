import { isHost } from '../domain/reference.ts';

/** The base URL of a registry, without credentials and final slashes; or the reason why a text is not a URL of a registry. */
export type RegistryUrl = { readonly url: string; readonly host: string } | { readonly problem: string };

/** This machine itself, by the names that never leave it. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?=[:/]|$)/i;

/**
 * Reads `https://host[:port][/path]`, `http://…`, or a bare `host[:port][/path]`, which means https unless `plainHttp`, but http on this
 * machine itself, where nobody runs a registry with TLS. The text itself is never in the problem: it may hold a password.
 */
export function parseRegistryUrl(text: string, plainHttp = false): RegistryUrl {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'https' && scheme !== 'http')
    return { problem: 'not the address of a registry: expected https:// or http://' };
  if (scheme === 'https' && plainHttp) return { problem: 'says https://, and plainHttp says the opposite: leave one of them out' };
  if (/^[^/]*\/\/[^/?#]*@|^[^/?#]*@/.test(text))
    return { problem: 'holds a user or password, which must not stand in an address: use "auth"' };
  const address = scheme === undefined ? `${plainHttp || LOOPBACK.test(text) ? 'http' : 'https'}://${text}` : text;
  const host = address.replace(/^[a-z]+:\/\//i, '').replace(/[/?#].*$/s, '');
  if (!isHost(host) || !URL.canParse(address)) return { problem: 'not the address of a registry, such as https://registry.example.com' };
  const url = new URL(address);
  if (url.search !== '' || url.hash !== '') return { problem: 'holds a "?" or "#", which the address of a registry does not have' };
  return { url: `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`, host: url.host };
}
