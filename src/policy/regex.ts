import { RE2JS } from 're2js';

/** Captures of a whole-name match by name; undefined where the name does not match. */
export type NameCapture = (name: string) => Readonly<Record<string, string>> | undefined;

/** The capture names of an RE2 expression; throws `RE2JSSyntaxException` for one that does not compile. */
export function captureNames(pattern: string): string[] {
  return Object.keys(RE2JS.compile(pattern).namedGroups());
}

/** Compiles an RE2 expression (no backtracking), anchored at both ends. */
export function compileRegex(pattern: string): NameCapture {
  const regex = RE2JS.compile(pattern);
  const names = Object.keys(regex.namedGroups());
  return (text) => {
    const matcher = regex.matcher(text);
    return matcher.matches() ? Object.fromEntries(names.map((name) => [name, matcher.group(name) ?? ''])) : undefined;
  };
}
