/** An image of a repository. All its times are the same but that of its pull. */
export interface Sample {
  readonly tags: readonly string[];
  /** Days since it was pushed. */
  readonly age: number;
  /** Days since it was last pulled; undefined: never. */
  readonly pulled?: number | undefined;
}

/** What goes of a repository: images with all their tags, and tags that are taken off an image. */
export interface Gone {
  readonly images: readonly Sample[];
  readonly tags: readonly string[];
  /** What goes into an archive; none where the original has no archive. */
  readonly archived?: readonly Sample[];
}

/**
 * What the registry or tool itself deletes of the images of one repository: its settings, read once more and apart from the policy that is
 * made of them. The cases of the policy are written, and the policy is checked, by it.
 */
export type Original = (repository: string, samples: readonly Sample[]) => Gone;

export function newestFirst(samples: readonly Sample[]): Sample[] {
  return samples.toSorted((a, b) => a.age - b.age);
}

/** What is left when these tags are taken off: an image goes with the last of its tags. */
export function withoutTags(samples: readonly Sample[], off: ReadonlySet<string>): Gone {
  return {
    tags: [...off],
    images: samples.filter(({ tags }) => tags.length > 0 && tags.every((tag) => off.has(tag))),
  };
}

/** Each tag by itself, as old as its image. */
export function tagsOf(samples: readonly Sample[]): { readonly tag: string; readonly sample: Sample }[] {
  return samples.flatMap((sample) => sample.tags.map((tag) => ({ tag, sample })));
}

/** Matches where an expression is found; nothing where the language does not know it. */
export function finds(expression: string): (text: string) => boolean {
  const [flags = '', insensitive] = /^\(\?(i)\)/.exec(expression) ?? [];
  try {
    const regex = new RegExp(expression.slice(flags.length), insensitive);
    return (text) => regex.test(text);
  } catch {
    return () => false;
  }
}

/** Matches the whole of a text; `*` stands for any characters, and `?` for one where `single` says so. */
export function wildcard(pattern: string, single = false): (text: string) => boolean {
  const expression = pattern.replaceAll(/[\\^$.*+?()[\]{}|/]/g, (character) =>
    character === '*' ? '.*' : character === '?' && single ? '.' : `\\${character}`,
  );
  return finds(`^${expression}$`);
}
