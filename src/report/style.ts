/** How the parts of a human text stand out. Every function returns its text, framed or as it is; none changes its visible width. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly remove: (text: string) => string;
  readonly change: (text: string) => string;
  readonly stay: (text: string) => string;
}

const same = (text: string): string => text;

/** No colour at all. */
export const PLAIN: Style = { bold: same, dim: same, remove: same, change: same, stay: same };

const sgr =
  (open: number, close: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001B[${open}m${text}\u001B[${close}m`;

/** The terminal's own eight colours, so that they fit the reader's theme. */
export const COLOUR: Style = { bold: sgr(1, 22), dim: sgr(2, 22), remove: sgr(31, 39), change: sgr(33, 39), stay: sgr(32, 39) };
