/** One way to log in that a server offers in a 401 answer. */
export interface Challenge {
  /** Lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  /** Names in lower case; of a repeated one the first value. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Parses a `WWW-Authenticate` header (RFC 9110, 11.6.1) with one or more challenges, also if several headers were joined by commas. It
 * accepts what registries get wrong: any case of scheme and names, values with or without quotes, commas inside quotes, stray commas. Text
 * that is not a challenge is passed over.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  // Matches a parameter, or a single word, which is a scheme. (It may also be the token68 of a scheme, but no scheme that is used here has
  // one.)
  const part = /\s*,?\s*(?:([^\s=,"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([^\s=,"]+)|["=,])/y;
  for (;;) {
    const match = part.exec(header);
    if (match === null) return challenges;
    const [, name, quoted, bare, word] = match;
    const last = challenges.at(-1);
    if (word !== undefined) challenges.push({ scheme: word.toLowerCase(), parameters: {} });
    else if (name !== undefined && last !== undefined)
      last.parameters[name.toLowerCase()] ??= quoted?.replace(/\\(.)/gs, '$1') ?? bare ?? '';
  }
}
