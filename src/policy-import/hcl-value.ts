import type { Span } from '../diagnostics/source.ts';

/**
 * What an attribute of a Terraform file is set to: plain data, or an expression that only Terraform can work out. Nested blocks stand
 * beside attributes, as lists of objects.
 */
export type HclValue = string | number | boolean | null | Expression | readonly HclValue[] | HclObject;
export interface HclObject {
  readonly [name: string]: HclValue;
}

/** An expression as it is written; of a `jsonencode`, what is encoded. */
export class Expression implements Span {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly encoded: HclValue | undefined;

  constructor(text: string, { start, end }: Span, encoded?: HclValue) {
    this.text = text;
    this.start = start;
    this.end = end;
    this.encoded = encoded;
  }
}
