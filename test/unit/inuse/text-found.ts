import { makeSource } from '../../../src/diagnostics/source.ts';
import { Found } from '../../../src/inuse/found.ts';
import { readText } from '../../../src/inuse/text.ts';

/** What is found in one text. */
export function textFound(file: string, text: string): Found {
  const found = new Found();
  readText(makeSource(file, text), found);
  return found;
}
