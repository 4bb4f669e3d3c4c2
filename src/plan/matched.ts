import type { Digest } from '../domain/digest.ts';
import { standsForHost } from '../domain/reference.ts';
import type { Policy, Rule } from '../policy/policy.ts';

/** What of a policy has selected something in this run: that the rest has not is told. */
export class Matched {
  /** Repositories that it governs. */
  repositories = 0;
  /** Globs over repositories that have selected one, or taken one out. */
  readonly globs = new Set<object>();
  readonly rules = new Set<Rule>();
  /** Rules that look names up in a list, and have found one there. */
  readonly found = new Set<Rule>();
  /** Entries of `protect`, by their compiled form. */
  readonly entries = new Set<object>();
  readonly digests = new Set<Digest>();
  signed = false;

  /** Notes which globs of the policy a repository of one of its registries matches. */
  meet({ repositories: { globs } }: Policy, repository: string): void {
    const met = globs.filter(({ matches }) => matches(repository));
    if (met.some(({ takesOut }) => !takesOut)) for (const glob of met) this.globs.add(glob);
  }

  /** A sentence for the policy, or for each of its entries and rules, that has selected nothing. */
  nothingSelected({ name, repositories, protect, rules }: Policy): string[] {
    if (this.repositories === 0) return [`the policy "${name}" governs no repository of this run`];
    const of = `of the policy "${name}"`;
    const unprotected = [
      ...protect.tags.filter((entry) => !this.entries.has(entry)).map(({ text }) => `the tags ${text}`),
      ...[...protect.digests].filter((digest) => !this.digests.has(digest)).map((digest) => `the digest ${digest}`),
      ...protect.labels.filter((entry) => !this.entries.has(entry)).map(({ text }) => `the label ${text}`),
      ...(protect.signed && !this.signed ? ['signed images'] : []),
    ];
    const unused = [...rules.tagged, ...rules.untagged, ...rules.orphaned].filter((rule) => !this.rules.has(rule));
    const idle = repositories.globs.filter((glob) => !this.globs.has(glob));
    return [
      ...idle.map(
        ({ text, takesOut }) =>
          `"${text}" under "repositories" ${of} ${takesOut ? 'takes out' : 'selects'} nothing in this run${hostHint(text)}`,
      ),
      ...unprotected.map((what) => `"protect" ${of} names ${what}, and this run has found nothing of that kind`),
      ...unused.map((rule) => `the rule "${rule.name}" ${of} has selected nothing in this run`),
      ...rules.tagged.flatMap((rule) => this.#foundNothing(rule, of)),
    ];
  }

  /** A list of another repository, or garbage that passes for a name, makes everything look gone. */
  #foundNothing(rule: Rule, of: string): string[] {
    const lookUp = rule.gone ?? rule.live;
    if (!lookUp || !this.rules.has(rule) || this.found.has(rule)) return [];
    return [
      `the list "${lookUp.list}" names no "${lookUp.capture}" of the tags of this run that the rule "${rule.name}" ${of} is about: ` +
        'is it the right list?',
    ];
  }
}

/** People who write the host in front of a name have copied the name of an image. */
function hostHint(glob: string): string {
  return standsForHost(glob.replace(/^!/, '').split('/')[0] as string) ? ': the names of repositories have no host in front' : '';
}
