/** The list in pieces of at most `size`. */
export function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** Those that are there, each once. */
export function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts)].flatMap((text) => text || []);
}

/** What stands after the last slash of an ARN: `web:12` of `arn:aws:ecs:eu-central-1:123456789012:task-definition/web:12`. */
export function nameInArn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
