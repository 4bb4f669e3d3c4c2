import type * as z from 'zod';
import type { Path } from './yaml-document.ts';

type Type = z.core.$ZodType;

/** The keys that a schema allows in the map at a path; none where it allows no map, or any key. */
export function keysAt(schema: Type, path: Path): string[] {
  const found = path.reduce<Type[]>((types, step) => types.flatMap((type) => stepInto(type, step)), alternatives(schema));
  return [...new Set(found.flatMap((type) => Object.keys(shapeOf(type) ?? {})))];
}

/** The schema itself or, of a union, each of its branches; without what only says that a value may be missing. */
function alternatives(schema: Type): Type[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'nullable' || def.type === 'default' || def.type === 'readonly')
    return alternatives(def.innerType);
  return def.type === 'union' ? def.options.flatMap(alternatives) : [schema];
}

function stepInto(schema: Type, step: string | number): Type[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return alternatives(def.element);
  if (def.type === 'record') return alternatives(def.valueType);
  const shape = shapeOf(schema);
  return shape && Object.hasOwn(shape, step) ? alternatives(shape[step] as Type) : [];
}

function shapeOf(schema: Type): Readonly<Record<string, Type>> | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'object' ? def.shape : undefined;
}
