import { rememberSecret } from '../diagnostics/redact.ts';

/** `user:password@host`, with or without a scheme; not the digest of an image. */
const USER_INFO = /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/@:]*:([^/@]+)@(?!sha(?:256|384|512):)/i;
/** No option of this program takes a secret, but somebody may think so. */
const SECRET_OPTION = /^--?[\w-]*(?:pass|secret|token|credential|pwd)[\w-]*=(.+)$/i;

/** Remembers the passwords in the words of a command line, which are refused, so that no message repeats them. */
export function rememberGivenSecrets(words: readonly string[]): void {
  for (const word of words) {
    const secret = (USER_INFO.exec(word) ?? SECRET_OPTION.exec(word))?.[1];
    if (secret !== undefined) rememberSecret(secret);
  }
}
