import { ToolError } from '../diagnostics/tool-error.ts';
import { pathIn } from './fields.ts';

/** A text that stands where images do, in an object of any kind. */
export interface ImageText {
  readonly image: string;
  /** Keys from the root of the object, such as `spec.podTemplate.containers[0].image`. */
  readonly path: string;
  /** It stands in a list of containers: there it is an image, and nothing else. */
  readonly mustParse: boolean;
}

const CONTAINERS: readonly string[] = ['containers', 'initContainers', 'ephemeralContainers'];

/**
 * Every text under a key `image` of an object, however deep: custom resources have their pods, or what they run, in places of their own.
 * Outside of a list of containers it may mean something else, and then protects nothing. Throws `IN_USE_INVALID` where the image of a
 * container is not text.
 */
export function imagesAnywhere(object: object): ImageText[] {
  const found: ImageText[] = [];
  walk(object, '', false);
  return found;

  function walk(value: object, path: string, isContainer: boolean): void {
    for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
      const at = pathIn(value, path, key);
      if (key === 'image' && typeof inner === 'string' && inner.trim() !== '')
        found.push({ image: inner.trim(), path: at, mustParse: isContainer });
      else if (key === 'image' && isContainer && typeof inner !== 'string' && inner !== null) {
        throw new ToolError('IN_USE_INVALID', `${at} is not text.`, { hint: 'Correct it, or leave the object out. Nothing was planned.' });
      }
      if (typeof inner !== 'object' || inner === null) continue;
      if (CONTAINERS.includes(key) && Array.isArray(inner)) {
        inner.forEach((container: unknown, index) => {
          if (typeof container === 'object' && container !== null) walk(container, `${at}[${index}]`, true);
        });
      } else walk(inner, at, false);
    }
  }
}
