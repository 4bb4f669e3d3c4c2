const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** True of a tag by the grammar of the OCI distribution-spec. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}
