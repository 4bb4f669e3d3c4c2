import { stringify } from 'yaml';

/** The same document as YAML 1.2: keys in the same order, every string that could be read as something else in quotes, no anchors. */
export function toYaml(document: unknown): string {
  // Through JSON first, so that both formats leave out exactly the same fields.
  return stringify(JSON.parse(JSON.stringify(document)), { aliasDuplicateObjects: false, lineWidth: 0 });
}
