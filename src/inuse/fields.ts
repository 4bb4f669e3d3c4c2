/** The fields of an object of Kubernetes, each to be looked at before it is used. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of a value; none of what is not an object. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The path of what stands under a key of a list or map, from the root of an object, such as `spec.containers[0].image`. */
export function pathIn(parent: object, path: string, key: string): string {
  return path === '' ? key : Array.isArray(parent) ? `${path}[${key}]` : `${path}.${key}`;
}
