import type { Capabilities } from '../domain/inventory.ts';
import { measuresAge, measuresPulls } from './keep/keep.ts';
import { isTimeOrder, type PolicySpec, type RuleSpec } from './schema.ts';

/** Something that a policy asks and the registry cannot answer. */
export interface MissingCapability {
  /** Where in the policy: `['rules', 2, 'labels']`. */
  readonly path: readonly (string | number)[];
  readonly capability: keyof Capabilities;
  readonly message: string;
}

const NEEDS: readonly (readonly [key: keyof RuleSpec, capability: keyof Capabilities, datum: string])[] = [
  ['labels', 'labels', 'labels'],
  ['annotations', 'annotations', 'annotations'],
  ['artifactTypes', 'artifactType', 'artifact types'],
  ['platforms', 'platforms', 'platforms'],
  ['vulnerabilities', 'vulnerability', 'scan results'],
];

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
    if (rule.action === 'archive' && !capabilities.archive)
      missing.push({ path: ['rules', index, 'action'], capability: 'archive', message: 'this registry has no archive' });
    const order = rule.order ?? 'pushed';
    const reads = !isTimeOrder(order) && measuresAge(rule.keep) ? 'pushed' : order;
    const at = ['rules', index, rule.order === undefined ? 'keep' : 'order'] as const;
    if (reads === 'created' && !capabilities.createdAt) add('createdAt', 'when an image was created', ...at);
    const answersPushed = capabilities.pushedAt || capabilities.createdAt;
    if ((reads === 'pushed' && !answersPushed) || (reads === 'tagged' && !capabilities.tagTimes && !answersPushed)) {
      add('pushedAt', 'when an image was pushed or created', ...at);
    }
    if (measuresPulls(rule.keep) && !capabilities.pulledAt)
      add('pulledAt', 'when an image was last pulled', 'rules', index, 'keep', 'pulledDays');
  });
  return missing;
}
