import { parseDuration } from '../domain/duration.ts';
import type { Node } from '../graph/graph.ts';

/** Milliseconds that the image itself asks for in a label; undefined where it does not, or not in a way that can be read. */
export function lifetimeOf({ manifest: { labels } }: Node, label: string): number | undefined {
  const text = labels && Object.hasOwn(labels, label) ? labels[label] : undefined;
  return text === undefined ? undefined : parseDuration(text);
}
