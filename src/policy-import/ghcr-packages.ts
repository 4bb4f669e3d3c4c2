import { globOfPackage, isExpression } from './action-inputs.ts';
import { globsFoundBy } from './whole-tag.ts';

/** The globs for the packages; none where they are not named, undefined for an expression that globs cannot say. */
export function packagesFor(inputs: {
  readonly package?: string | undefined;
  readonly packages?: string | undefined;
  readonly 'expand-packages'?: boolean | undefined;
  readonly 'use-regex'?: boolean | undefined;
}): string[] | undefined {
  const names = inputs.package ?? inputs.packages;
  if (names === undefined) return [];
  const isExpanded = inputs['expand-packages'] ?? /[*?]/.test(names);
  if (isExpanded && inputs['use-regex']) return isExpression(names) ? undefined : globsFoundBy(names);
  return names
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
    .map(isExpanded ? ghcrWildcard : globOfPackage);
}

/** `*`, `**` and `?` of the package wildcard-match. Beside other characters `**` means what `*` does. */
export function ghcrWildcard(pattern: string): string {
  return globOfPackage(pattern)
    .replaceAll('\\*', '*')
    .replaceAll('\\?', '?')
    .replace(/(?<=[^/*])\*{2,}|\*{2,}(?=[^/*])/g, '*');
}
