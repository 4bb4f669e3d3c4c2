import type { Digest } from '../domain/digest.ts';
import { readManifestLinks } from '../domain/manifest-links.ts';
import { isIndexType } from '../domain/media-types.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { DeleteManifestStep, DeleteTagStep, Step } from '../plan/plan.ts';
import type { Companion } from '../registry/registry.ts';
import type { Companions } from './companions.ts';
import type { Holds } from './holds.ts';
import type { RunState } from './run-state.ts';
import type { StepRequests } from './step-requests.ts';
import { stepTags } from './step-tags.ts';
import type { UsedNow } from './used-now.ts';
import type { Verdict } from './verdict.ts';

/** A step that is in the journal and only waits for its check. */
export interface Ready {
  readonly step: Step;
  /** What the registry deletes along with it. */
  readonly along: readonly Companion[];
  /** The numbers of its intents. */
  readonly ids: readonly number[];
}

export interface PreparationParts {
  readonly state: RunState;
  readonly holds: Holds;
  readonly used: UsedNow;
  readonly companions: Companions;
  readonly requests: StepRequests;
}

/** Does for a step what comes before its check, or finds out that it need not be checked. */
export class StepPreparation {
  readonly #state: RunState;
  readonly #holds: Holds;
  readonly #used: UsedNow;
  readonly #companions: Companions;
  readonly #requests: StepRequests;
  /** The manifest that was read last for a tag: thousands of tags may be on one. */
  #read: { readonly digest: Digest; readonly manifest: Promise<RawManifest | undefined> } | undefined;
  /** The manifest that the journal has for the tag before: it need not be there again for each of them. */
  #journaled: Digest | undefined;
  /** What stays by the plan although something that is to be deleted lists it too. */
  readonly shared = new Set<Digest>();

  constructor({ state, holds, used, companions, requests }: PreparationParts) {
    this.#state = state;
    this.#holds = holds;
    this.#used = used;
    this.#companions = companions;
    this.#requests = requests;
  }

  /** All that is needed before a step's check, which must not wait for anything then. */
  async prepare(step: Step): Promise<Verdict | Ready> {
    const { journal, place } = this.#state;
    const early = this.objection(step);
    if (early) return early;
    const pulledAt = step.op === 'delete-manifest' ? await this.#pulledSince(step) : undefined;
    if (pulledAt !== undefined) return { outcome: 'drifted', message: `it was pulled after the plan was made, at ${pulledAt}` };
    if (step.op === 'delete-tag') return this.#prepareTag(step);
    const manifest = await this.#state.bytesOf(step.digest);
    if (!manifest) return this.#requests.gone(step);
    const subject = step.op === 'delete-manifest' && this.#stayingSubject(step, manifest);
    if (subject) return { outcome: 'held', message: `it is attached to ${subject}, which stays` };
    const [label, along] = step.op === 'delete-manifest' ? await Promise.all([this.#labelSince(step), this.#companions.of(step)]) : [];
    if (label !== undefined) return { outcome: 'drifted', message: `the label ${label} was put on it after the plan was made` };
    if (typeof along === 'string') return { outcome: 'drifted', message: along };
    for (const child of readManifestLinks(manifest.bytes)?.children ?? []) if (this.#state.keeps.has(child)) this.shared.add(child);
    const tags = stepTags(step).filter((tag) => this.#state.seen.get(tag) === step.digest);
    if (step.op === 'delete-manifest') this.#state.noteTags(step.digest, tags);
    const id = await journal.intent({ ...place, op: step.op, digest: step.digest, tags, manifest, ...this.#state.known(step.digest) });
    return { step, along: along ?? [], ids: [id, ...(await this.#companions.keep(along ?? []))] };
  }

  /**
   * A tag is taken off without reading its manifest where that counts as a pull: registries with an interface of their own take off just
   * the tag.
   */
  async #prepareTag(step: DeleteTagStep): Promise<Verdict | Ready> {
    const { journal, place, registry } = this.#state;
    const plain = !registry.tagsOf && !registry.comparesTags;
    const manifest = plain ? await this.#readOnce(step.digest) : await this.#state.keptBytes(step.digest);
    if (plain && !manifest) return this.#requests.gone(step);
    const { op, digest, tag } = step;
    const content = manifest && this.#journaled !== digest ? { manifest } : {};
    this.#journaled = digest;
    return {
      step,
      along: [],
      ids: [await journal.intent({ ...place, op, digest, tags: [tag], ...content, ...this.#state.known(digest) })],
    };
  }

  #readOnce(digest: Digest): Promise<RawManifest | undefined> {
    if (this.#read?.digest === digest) return this.#read.manifest;
    const manifest = this.#state.bytesOf(digest);
    this.#read = { digest, manifest };
    // What failed for one tag is tried again for the next.
    manifest.catch(() => (this.#read = undefined));
    return manifest;
  }

  /**
   * When it was pulled, if that was since the plan. The reading for a plan may itself count as a pull of what has to be read for it: of
   * indexes, and of what is attached.
   */
  async #pulledSince({ digest }: DeleteManifestStep): Promise<string | undefined> {
    const { registry, plan } = this.#state;
    const image = this.#state.image(digest);
    if (!registry.pulledAt || !image || image.part || isIndexType(image.mediaType)) return undefined;
    const pulledAt = await registry.pulledAt(plan.repository, digest);
    return pulledAt !== undefined && pulledAt > (image.pulledAt ?? '') ? pulledAt : undefined;
  }

  /** A label that was put on it since the plan: whatever it means, somebody has looked at this image meanwhile. */
  async #labelSince({ digest }: DeleteManifestStep): Promise<string | undefined> {
    const { registry, plan } = this.#state;
    return this.#state.newLabel(digest, (await registry.labelsOn?.(plan.repository, digest)) ?? []);
  }

  /** Why a manifest must not be deleted, by what is known so far. */
  objection(step: Step): Verdict | undefined {
    const used = this.#used.reason(step.digest);
    if (used || step.op === 'delete-tag') return used;
    const holder = step.op === 'delete-manifest' && step.after.find((digest) => !isDone(this.#state.outcomeOf(digest)));
    return holder ? { outcome: 'held', message: `${holder}, which holds it, was not deleted` } : this.#holds.reason(step.digest);
  }

  /** The plan deletes an attachment after its subject; here its own bytes have the word. */
  #stayingSubject({ digest }: DeleteManifestStep, manifest: RawManifest): Digest | undefined {
    const subject = readManifestLinks(manifest.bytes)?.subject;
    if (subject === undefined || subject === digest) return undefined;
    const outcome = this.#state.outcomeOf(subject);
    const stays =
      this.#state.keeps.has(subject) || this.#holds.reason(subject) !== undefined || (outcome !== undefined && !isDone(outcome));
    return stays ? subject : undefined;
  }
}

function isDone(outcome: StepOutcome | undefined): boolean {
  return outcome === 'deleted' || outcome === 'gone';
}
