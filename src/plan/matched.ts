import type { Digest } from '../domain/digest.ts';
import type { Policy, Rule } from '../policy/policy.ts';

/** What of a policy has selected something in this run: that the rest has not is told. */
export class Matched {
  /** Repositories that it governs. */
  repositories = 0;
  readonly rules = new Set<Rule>();
  /** Entries of `protect`, by their compiled form. */
  readonly entries = new Set<object>();
  readonly digests = new Set<Digest>();
  signed = false;

  /** A sentence for the policy, or for each of its entries and rules, that has selected nothing. */
  nothingSelected({ name, protect, rules }: Policy): string[] {
    if (this.repositories === 0) return [`the policy "${name}" governs no repository of this run`];
    const of = `of the policy "${name}"`;
    const unprotected = [
      ...protect.tags.filter((entry) => !this.entries.has(entry)).map(({ text }) => `the tags ${text}`),
      ...[...protect.digests].filter((digest) => !this.digests.has(digest)).map((digest) => `the digest ${digest}`),
      ...protect.labels.filter((entry) => !this.entries.has(entry)).map(({ text }) => `the label ${text}`),
      ...(protect.signed && !this.signed ? ['signed images'] : []),
    ];
    const unused = [...rules.tagged, ...rules.untagged, ...rules.orphaned].filter((rule) => !this.rules.has(rule));
    return [
      ...unprotected.map((what) => `"protect" ${of} names ${what}, and this run has found nothing of that kind`),
      ...unused.map((rule) => `the rule "${rule.name}" ${of} has selected nothing in this run`),
    ];
  }
}
