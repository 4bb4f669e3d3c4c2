/** A glob that matches a text alone, whatever characters it has. */
export function globOf(text: string): string {
  return text.replace(/[\\*?[\]{},!]/g, '\\$&');
}
