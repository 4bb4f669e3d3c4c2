/** The fields of an object of Kubernetes, each to be looked at before it is used. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of a value; none of what is not an object. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
