import type { Capabilities } from '../domain/inventory.ts';
import { measuresAge, measuresPulls } from './keep/keep.ts';
import { isTimeOrder } from './ordering/order.ts';
import type { PolicySpec, RuleSpec } from './schema.ts';

/** Something that a policy asks and the registry cannot answer. */
export interface MissingCapability {
  /** Where in the policy: `['rules', 2, 'labels']`. */
  readonly path: readonly (string | number)[];
  readonly capability: keyof Capabilities;
  readonly message: string;
}

const SCANS = 'scan results, and there are no reports of scanners under "findings" in the config';

const NEEDS: readonly (readonly [key: keyof RuleSpec, capability: keyof Capabilities, datum: string])[] = [
  ['labels', 'labels', 'labels'],
  ['annotations', 'annotations', 'annotations'],
  ['artifactTypes', 'artifactType', 'artifact types'],
  ['platforms', 'platforms', 'platforms'],
  ['vulnerabilities', 'vulnerability', SCANS],
  ['unscanned', 'vulnerability', SCANS],
  ['unsigned', 'attachments', 'all that is attached to an image'],
  ['noSbom', 'attachments', 'all that is attached to an image'],
];

const PULLED = 'when an image was last pulled';

/** Everything that a policy asks of a registry which that registry cannot answer, in file order. */
export function missingCapabilities(policy: PolicySpec, capabilities: Capabilities): MissingCapability[] {
  const missing: MissingCapability[] = [];
  const add = (capability: keyof Capabilities, datum: string, ...path: (string | number)[]): void => {
    missing.push({ path, capability, message: `this registry does not tell ${datum}` });
  };
  policy.protect?.forEach((entry, index) => {
    if (entry.labels && !capabilities.labels) add('labels', 'labels', 'protect', index, 'labels');
  });
  policy.rules.forEach((rule, index) => {
    for (const [key, capability, datum] of NEEDS) {
      if (rule[key] !== undefined && !capabilities[capability]) add(capability, datum, 'rules', index, key);
    }
    const { fixable, olderThan } = rule.vulnerabilities ?? {};
    if (fixable && capabilities.vulnerability && !capabilities.fixable)
      add('fixable', 'which findings have a fix', 'rules', index, 'vulnerabilities', 'fixable');
    if (olderThan !== undefined && capabilities.vulnerability && !capabilities.findingTimes)
      add('findingTimes', 'since when findings are known', 'rules', index, 'vulnerabilities', 'olderThan');
    if (rule.action === 'archive' && !capabilities.archive)
      missing.push({ path: ['rules', index, 'action'], capability: 'archive', message: 'this registry has no archive' });
    // The words "all" and "none" need neither a time nor an order; an order that is named all the same is asked for.
    if (typeof rule.keep === 'string' && rule.order === undefined) return;
    const order = rule.order ?? 'pushed';
    const readsPulls = order === 'pulled' || order === 'active';
    // What was never pulled stands by its push, and an order that reads tags needs a time only to measure an age.
    const reads = readsPulls || (!isTimeOrder(order) && measuresAge(rule.keep)) ? 'pushed' : order;
    const at = ['rules', index, rule.order === undefined ? 'keep' : 'order'] as const;
    if (readsPulls && !capabilities.pulledAt) add('pulledAt', PULLED, ...at);
    if (reads === 'created' && !capabilities.createdAt) add('createdAt', 'when an image was created', ...at);
    const answersPushed = capabilities.pushedAt || capabilities.createdAt;
    if ((reads === 'pushed' && !answersPushed) || (reads === 'tagged' && !capabilities.tagTimes && !answersPushed)) {
      add('pushedAt', 'when an image was pushed or created', ...at);
    }
    if (measuresPulls(rule.keep) && !capabilities.pulledAt) add('pulledAt', PULLED, 'rules', index, 'keep', 'pulledDays');
    if (typeof rule.keep === 'object' && rule.keep.label !== undefined && !capabilities.labels)
      add('labels', 'labels', 'rules', index, 'keep', 'label');
  });
  return missing;
}
