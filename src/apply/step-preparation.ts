import type { Digest } from '../domain/digest.ts';
import { type ManifestLinks, readManifestLinks } from '../domain/manifest-links.ts';
import { isIndexType } from '../domain/media-types.ts';
import type { RawManifest } from '../domain/raw-manifest.ts';
import type { StepOutcome } from '../domain/step-outcome.ts';
import type { ArchiveManifestStep, DeleteManifestStep, DeleteTagStep, ChangeStep } from '../plan/plan.ts';
import type { Companion, Standing } from '../registry/registry.ts';
import type { Companions } from './companions.ts';
import type { Holds } from './holds.ts';
import type { RunState } from './run-state.ts';
import type { NeededCopies } from './needed-copies.ts';
import { standingObjection } from './standing-objection.ts';
import type { StepRequests } from './step-requests.ts';
import { stepTags } from './step-tags.ts';
import type { UsedNow } from './used-now.ts';
import type { Verdict } from './verdict.ts';

/** A step that is in the journal and only waits for its check. */
export interface Ready {
  readonly step: ChangeStep;
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
  readonly copies: NeededCopies;
  readonly requests: StepRequests;
}

/** Does for a step what comes before its check, or finds out that it need not be checked. */
export class StepPreparation {
  readonly #state: RunState;
  readonly #holds: Holds;
  readonly #used: UsedNow;
  readonly #companions: Companions;
  readonly #requests: StepRequests;
  readonly #copies: NeededCopies;
  /** The manifest that was read last for a tag. */
  readonly #read = new LastAnswer<RawManifest | undefined>();
  /** What was told of it. */
  readonly #told = new LastAnswer<Standing | undefined>();
  /** The manifest that the journal has for the tag before: it need not be there again for each of them. */
  #journaled: Digest | undefined;

  constructor({ state, holds, used, companions, copies, requests }: PreparationParts) {
    this.#state = state;
    this.#holds = holds;
    this.#used = used;
    this.#companions = companions;
    this.#requests = requests;
    this.#copies = copies;
  }

  /** All that is needed before a step's check, which must not wait for anything then. */
  async prepare(step: ChangeStep): Promise<Verdict | Ready> {
    const { registry } = this.#state;
    const early = this.objection(step);
    if (early) return early;
    const lost = await this.#copies.lost(step);
    if (lost !== undefined) return { outcome: 'held', message: lost };
    const standing = await this.#standingOf(step);
    if (registry.standing && !standing) return this.#requests.gone(step);
    const objection = standing && standingObjection(step, standing, this.#state.newLabel(step.digest, standing.labels));
    if (objection) return objection;
    return step.op === 'delete-tag' ? this.#prepareTag(step) : this.#prepareManifest(step, standing);
  }

  async #prepareManifest(step: DeleteManifestStep | ArchiveManifestStep, standing: Standing | undefined): Promise<Verdict | Ready> {
    const { journal, place } = this.#state;
    const { op, digest } = step;
    const pulledAt = op === 'delete-manifest' ? await this.#pulledSince(step, standing) : undefined;
    if (pulledAt !== undefined) return { outcome: 'drifted', message: `it was pulled after the plan was made, at ${pulledAt}` };
    // What goes along may stand against it too, and is asked for before the bytes are read: that may count as a pull.
    const along = op === 'delete-manifest' && standing?.alone !== true ? await this.#companions.of(step) : [];
    if ('outcome' in along) return along;
    const copy = await this.#state.copyOf(digest, standing?.unreadable);
    if (!copy) return this.#requests.gone(step);
    const { manifest } = copy;
    const links = manifest ? readManifestLinks(manifest.bytes) : standing;
    const used = this.#used.reasonOf(links, manifest);
    if (used) return used;
    const subject = op === 'delete-manifest' && this.#stayingSubject(step, links);
    if (subject) return { outcome: 'held', message: `it is attached to ${subject}, which stays` };
    const tags = stepTags(step).filter((tag) => this.#state.seen.get(tag) === digest);
    if (op === 'delete-manifest') this.#state.noteTags(digest, tags);
    const id = await journal.intent({ ...place, op, digest, tags, ...copy, ...this.#state.known(digest) });
    return { step, along, ids: [id, ...(await this.#companions.keep(along))] };
  }

  /**
   * A tag is taken off without reading its manifest where that counts as a pull: registries with an interface of their own take off just
   * the tag.
   */
  async #prepareTag(step: DeleteTagStep): Promise<Verdict | Ready> {
    const { journal, place, registry } = this.#state;
    const plain = !registry.tagsOf && !registry.comparesTags;
    const { op, digest, tag } = step;
    const manifest = await (plain ? this.#read.about(digest, () => this.#state.bytesOf(digest)) : this.#state.keptBytes(digest));
    if (plain && !manifest) return this.#requests.gone(step);
    const content = manifest && this.#journaled !== digest ? { manifest } : {};
    this.#journaled = digest;
    return {
      step,
      along: [],
      ids: [await journal.intent({ ...place, op, digest, tags: [tag], ...content, ...this.#state.known(digest) })],
    };
  }

  /** Asked anew for each manifest, and once for many tags on one. */
  async #standingOf({ op, digest }: ChangeStep): Promise<Standing | undefined> {
    const { registry, plan } = this.#state;
    if (!registry.standing) return undefined;
    const ask = async (): Promise<Standing | undefined> => registry.standing?.(plan.repository, digest);
    return op === 'delete-tag' ? this.#told.about(digest, ask) : ask();
  }

  /**
   * When it was pulled, if that was since the plan. The reading for a plan may itself count as a pull of what has to be read for it: of
   * indexes, and of what is attached.
   */
  async #pulledSince({ digest }: DeleteManifestStep, standing: Standing | undefined): Promise<string | undefined> {
    const { registry, plan } = this.#state;
    const image = this.#state.image(digest);
    if (!image || image.part || isIndexType(image.mediaType)) return undefined;
    const pulledAt = standing ? standing.pulledAt : await registry.pulledAt?.(plan.repository, digest);
    return this.#state.pulledSince(digest, pulledAt);
  }

  /** Why a manifest must not be deleted, by what is known so far. */
  objection(step: ChangeStep): Verdict | undefined {
    const used = this.#used.reason(step.digest);
    if (used) return used;
    const uncopied = this.#copies.objection(step);
    if (uncopied !== undefined) return { outcome: 'held', message: uncopied };
    if (step.op === 'delete-tag') return undefined;
    const holder = step.op === 'delete-manifest' && step.after.find((digest) => !isDone(this.#state.outcomeOf(digest)));
    return holder ? { outcome: 'held', message: `${holder}, which holds it, was not deleted` } : this.#holds.reason(step.digest);
  }

  /** The plan deletes an attachment after its subject; here its own bytes have the word. */
  #stayingSubject({ digest }: DeleteManifestStep, links: ManifestLinks | undefined): Digest | undefined {
    const subject = links?.subject;
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

/** The last answer about a digest: thousands of tags may be on one. */
class LastAnswer<Answer> {
  #last: { readonly digest: Digest; readonly answer: Promise<Answer> } | undefined;

  about(digest: Digest, ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#last?.digest === digest) return this.#last.answer;
    const answer = ask();
    this.#last = { digest, answer };
    // What failed for one tag is tried again for the next.
    answer.catch(() => (this.#last = undefined));
    return answer;
  }
}
