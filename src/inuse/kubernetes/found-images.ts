import { printable } from '../../diagnostics/redact.ts';
import { ToolError } from '../../diagnostics/tool-error.ts';
import type { InUseImage } from '../../domain/in-use.ts';
import type { Fields } from '../fields.ts';
import { FluxSources } from '../flux-sources.ts';
import { mentionedImages } from '../mentioned-images.ts';
import { parseImage, withoutPrefix } from '../parse-image.ts';
import { imagesOfObject, titleOf } from './images-of-object.ts';

/**
 * The images of one cluster: each once, with the first of those that use it, by text. A hundred thousand pods run a few thousand images.
 */
export class FoundImages {
  readonly #called: string;
  readonly #found = new Map<string, InUseImage>();
  readonly #mentioned = new Map<string, InUseImage>();
  readonly #flux = new FluxSources<undefined>();
  readonly #mistakes = new Map<string, string>();

  /** `called` is what stands before everything: `cluster prod`. */
  constructor(called: string) {
    this.#called = called;
  }

  /**
   * Adds what one object names, and what it only mentions. Never throws `IN_USE_INVALID`: what cannot be understood is a mistake, told with
   * all the others.
   */
  add(object: Fields): void {
    try {
      const named = imagesOfObject(object);
      for (const { image, where } of named) this.#addImage(image, `${this.#called}: ${where}`);
      const told = new Set(named.map(({ image }) => withoutPrefix(image)));
      for (const { image, path } of mentionedImages(object)) {
        if (!told.has(image)) this.#addMentioned(image, `${this.#called}: ${printable(`${titleOf(object)} (${path})`)}`);
      }
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      this.#mistakes.set(error.message, `${this.#called}: ${error.message}`);
    }
  }

  /** Adds an object of Flux, with `apiVersion` and `kind`. What it names is known when all are there. */
  addFlux(object: Readonly<Record<string, unknown>>): void {
    this.#flux.add(object, undefined);
  }

  /** Adds what the objects of Flux name together. */
  addFluxImages(): void {
    for (const told of this.#flux.images()) {
      const { kind, namespace, name } = told.object;
      const source = `${this.#called}: ${printable(`${namespace === undefined ? '' : `${namespace}/`}${kind} ${name}`)}`;
      if ('problem' in told) this.#mistakes.set(source, `${source} ${told.problem}.`);
      else this.#addImage(told.image, source);
    }
  }

  get images(): readonly InUseImage[] {
    return [...this.#found.values(), ...[...this.#mentioned].flatMap(([text, image]) => (this.#found.has(text) ? [] : [image]))];
  }

  /** What is wrong, a sentence for each image, naming cluster, namespace, workload and container. */
  get mistakes(): readonly string[] {
    return [...this.#mistakes.values()];
  }

  #addImage(text: string, source: string): void {
    const known = this.#found.get(text);
    if (known !== undefined) {
      if (source < known.source) this.#found.set(text, { image: known.image, source });
      return;
    }
    const image = this.#mistakes.has(text) ? undefined : parseImage(text);
    if (typeof image === 'string') this.#mistakes.set(text, `${source}: the image ${JSON.stringify(printable(text))} is ${image}.`);
    else if (image !== undefined) this.#found.set(text, { image, source });
  }

  #addMentioned(text: string, source: string): void {
    const known = this.#mentioned.get(text);
    if (known !== undefined && known.source <= source) return;
    const image = parseImage(text);
    if (typeof image !== 'string') this.#mentioned.set(text, { image, source, mentioned: true });
  }
}
