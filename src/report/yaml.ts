import { Document, visit } from 'yaml';
import { escapeHidden, hasHidden } from './escape-hidden.ts';

/** The same document as YAML 1.2: keys in the same order, every string that could be read as something else in quotes, no anchors. */
export function toYaml(document: unknown): string {
  // Through JSON first, so that both formats leave out exactly the same fields.
  const made = new Document(JSON.parse(JSON.stringify(document)), { aliasDuplicateObjects: false });
  visit(made, {
    Scalar(_, scalar) {
      // Only in double quotes can a character be escaped.
      if (typeof scalar.value === 'string' && hasHidden(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return escapeHidden(made.toString({ lineWidth: 0 }));
}
