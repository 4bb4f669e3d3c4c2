import { COLOUR, PLAIN, type Style } from '../report/style.ts';
import type { GlobalOptions } from './context.ts';
import { type Io, usesColour } from './io.ts';

/** Colour if stdout shows it. */
export function styleOf(io: Io, options: GlobalOptions): Style {
  return usesColour(io, io.stdout, options) ? COLOUR : PLAIN;
}
