import type { Digest } from '../../domain/digest.ts';
import type { Accessory, Artifact, ArtifactTag } from './artifact.ts';

/** An accessory that was not asked for, since the artifact that it is attached to tells all that matters of it. */
export interface Brief {
  readonly accessory: Accessory;
  readonly tags: readonly ArtifactTag[];
}

/** What was found in a repository so far. */
export class Collection {
  readonly artifacts = new Map<Digest, Artifact>();
  readonly briefs = new Map<Digest, Brief>();
  /** What each accessory is attached to. */
  readonly subjects = new Map<Digest, Digest>();
  /** Those that are signed, as Harbor says. */
  readonly signed = new Set<Digest>();
  /** Accessories that have been seen and not been read. */
  readonly unread = new Map<Digest, Accessory>();
  /** Entries of indexes that have been seen and are not here. */
  readonly missing = new Set<Digest>();

  /** Adds an artifact that was read, and what it says of others. Answers a sentence where that contradicts what another one said. */
  add(artifact: Artifact): string | undefined {
    const { digest, children, accessories } = artifact;
    this.artifacts.set(digest, artifact);
    this.briefs.delete(digest);
    this.unread.delete(digest);
    this.missing.delete(digest);
    for (const child of children) if (!this.knows(child.digest)) this.missing.add(child.digest);
    let contradiction: string | undefined;
    for (const accessory of accessories) {
      const subject = this.subjects.get(accessory.digest);
      if (subject !== undefined && subject !== digest) contradiction = `${accessory.digest} is attached to both ${subject} and ${digest}`;
      this.subjects.set(accessory.digest, digest);
      if (accessory.type.startsWith('signature.')) this.signed.add(digest);
      if (!this.knows(accessory.digest)) this.unread.set(accessory.digest, accessory);
      this.missing.delete(accessory.digest);
    }
    return contradiction;
  }

  knows(digest: Digest): boolean {
    return this.artifacts.has(digest) || this.briefs.has(digest) || this.unread.has(digest);
  }

  /** All tags that are known by now. */
  tags(): Set<string> {
    const tags = [...this.artifacts.values(), ...this.briefs.values()].flatMap((one) => one.tags.map(({ name }) => name));
    return new Set(tags);
  }

  /** Takes an accessory as known without asking for it. */
  keepBrief(accessory: Accessory, tags: readonly ArtifactTag[]): void {
    this.briefs.set(accessory.digest, { accessory, tags });
    this.unread.delete(accessory.digest);
  }

  /** All of those have to be read after all. */
  forgetBriefs(): void {
    for (const { accessory } of this.briefs.values()) this.unread.set(accessory.digest, accessory);
    this.briefs.clear();
  }
}
