import { NOW } from './large-inventory.ts';
import { type Cost, file, node, PROGRAM } from './measure.ts';

const POLICY = `version: 1
policies:
  - name: bench
    protect:
      - tags: ["v1.*"]
      - tags: ["prod-*"]
    rules:
      - {name: releases, tags: ["v*"], order: semver, per: minor, keep: {last: 3}}
      - {name: branches, tags: {regex: '(?<branch>.+)-[0-9a-f]{7,40}'}, per: branch, keep: {last: 3, days: 14, max: 50}}
      - {name: the rest, tags: ["**"], keep: {days: 30}}
      - {name: untagged, untagged: true, keep: {days: 7}}
`;

/** Plans from a document, as `-o name` or another form. */
export function plan(document: string, form: string): Promise<Cost> {
  const policy = file('policy.yaml', [POLICY]);
  return node([PROGRAM, 'prune', '--inventory', document, '-p', policy, '--now', new Date(NOW).toISOString(), '-o', form, '-q']);
}
