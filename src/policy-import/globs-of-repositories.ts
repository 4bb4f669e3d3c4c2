import { tokensOf } from '../policy/regex.ts';

/**
 * The globs for the repositories whose whole name an expression matches; undefined for one that globs cannot say. Where they are not quite
 * the same, they match fewer: `.` stands for any character but `/`.
 */
export function globsOfRepositories(expression: string): string[] | undefined {
  const tokens = tokensOf(expression.replace(/^\^+/, '').replace(/(?<!\\)\$+$/, ''));
  let glob = '';
  for (let at = 0; at < tokens.length; at++) {
    const [token = '', next] = [tokens[at], tokens[at + 1]];
    if (token === '.' && (next === '*' || next === '+')) {
      // Beside a "/", "**" would also stand for no part at all.
      const atEdge = next === '+' || glob.endsWith('/') || (glob === '' && tokens[at + 2] === '/');
      glob += atEdge ? '?**' : '**';
      at += 1;
    } else if (token === '.') glob += '?';
    else if (/^[A-Za-z0-9_/-]$/.test(token)) glob += token;
    else if (/^\\[./-]$/.test(token)) glob += token.slice(1);
    else return undefined;
  }
  return glob === '' ? undefined : [glob];
}
