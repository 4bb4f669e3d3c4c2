import type * as z from 'zod';
import { isObject } from '../domain/json.ts';
import type { Path } from './yaml-document.ts';

type Type = z.core.$ZodType;

/**
 * The keys that a schema allows in the map at a path of the data; none where it allows no map, or any key. Of maps that a word in them
 * tells apart, those count that have the word of the data.
 */
export function keysAt(schema: Type, path: Path, data: unknown): string[] {
  let value = data;
  let types = alternatives(schema);
  for (const step of path) {
    types = types.flatMap((type) => stepInto(type, step));
    value = isContainer(value) ? value[step] : undefined;
  }
  const maps = types.map(shapeOf).filter((shape) => shape !== undefined);
  const meant = maps.filter((shape) =>
    Object.entries(shape).every(([key, type]) => allows(type, isObject(value) ? value[key] : undefined)),
  );
  return [...new Set((meant.length > 0 ? meant : maps).flatMap((shape) => Object.keys(shape)))];
}

/** False of a fixed word that is another than that of the data. */
function allows(type: Type, value: unknown): boolean {
  const { def } = (type as z.core.$ZodTypes)._zod;
  return def.type !== 'literal' || (def.values as readonly unknown[]).includes(value);
}

/**
 * The schema itself or, of a union, each of its branches, and of one that goes on to another, both; without what only says that a value may
 * be missing.
 */
function alternatives(schema: Type): Type[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'nullable' || def.type === 'default' || def.type === 'readonly')
    return alternatives(def.innerType);
  if (def.type === 'pipe') return [def.in, def.out].flatMap(alternatives);
  return def.type === 'union' ? def.options.flatMap(alternatives) : [schema];
}

function stepInto(schema: Type, step: string | number): Type[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return alternatives(def.element);
  if (def.type === 'tuple') return def.items.slice(Number(step), Number(step) + 1).flatMap(alternatives);
  if (def.type === 'record') return alternatives(def.valueType);
  const shape = shapeOf(schema);
  return shape && Object.hasOwn(shape, step) ? alternatives(shape[step] as Type) : [];
}

function shapeOf(schema: Type): Readonly<Record<string, Type>> | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'object' ? def.shape : undefined;
}

function isContainer(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}
