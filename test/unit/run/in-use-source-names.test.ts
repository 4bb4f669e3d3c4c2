import { expect, test } from 'vitest';
import type { InUseSource } from '../../../src/config/config.ts';
import { checkInUseSources, inUseSourceNames } from '../../../src/run/in-use-source-names.ts';

const STAGE: InUseSource = { ecs: { regions: ['eu-central-1'], roleArn: 'arn:aws:iam::111111111111:role/reader' } };
const PROD: InUseSource = { ecs: { regions: ['eu-central-1'], roleArn: 'arn:aws:iam::222222222222:role/reader' } };
const FILES: readonly InUseSource[] = [{ file: 'stage/running.txt' }, { file: 'prod/running.txt' }];

test('sources are named without folders, and each once', () => {
  expect(
    inUseSourceNames([{ file: 'stage/running.txt' }, { command: ['./bin/list', '--all'] }, { kubernetes: { contexts: ['prod'] } }]),
  ).toEqual(['file running.txt', 'command list', 'kubernetes prod']);
  expect(inUseSourceNames([STAGE, STAGE])).toEqual(['ecs eu-central-1']);
});

test.for<[what: string, both: readonly InUseSource[]]>([
  ['two accounts', [STAGE, PROD]],
  ['two folders', FILES],
  ['two kubeconfigs', [{ kubernetes: { kubeconfig: 'a', contexts: ['prod'] } }, { kubernetes: { kubeconfig: 'b', contexts: ['prod'] } }]],
])('one of %s does not stand for the other', ([, both]) => {
  const inUse = inUseSourceNames(both);
  expect(() => checkInUseSources({ inUse }, both)).not.toThrow();
  expect(() => checkInUseSources({ inUse }, both.slice(1))).toThrow(/not given here: .* \(2\)$/);
});
