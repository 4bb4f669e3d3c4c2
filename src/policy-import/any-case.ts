import * as z from 'zod';
import { isObject } from '../domain/json.ts';

/** A strict object whose keys may be written in any case, as programs in Go take them from their configuration. */
export function anyCase<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodPreprocess<z.ZodObject<z.core.util.Writeable<Shape>, z.core.$strict>> {
  const names = Object.keys(shape);
  const named = (key: string): string => names.find((name) => name.toLowerCase() === key.toLowerCase()) ?? key;
  return z.preprocess(
    (value) => (isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [named(key), one])) : value),
    z.strictObject(shape),
  );
}
