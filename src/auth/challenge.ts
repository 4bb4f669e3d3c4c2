/** One way in that a server offers with 401. */
export interface Challenge {
  /** Lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  /** Names in lower case; of a repeated one the first value. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Parses a `WWW-Authenticate` header (RFC 9110, 11.6.1) of one or more challenges, also when several headers were joined by commas. Lenient where registries
 * are not: any case of scheme and names, values with or without quotes, commas inside quotes and stray commas between. What is no challenge is passed over.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  // A parameter; or a word, which is a scheme (or the token68 of one, which no scheme that is used here has).
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
