import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readLambda } from '../../../../src/inuse/aws/lambda.ts';
import { type FakeFunctions, startFakeLambda } from '../../../fakes/aws-workloads/fake-lambda.ts';
import { digestOf, HOST, lines, reading, stubAws, use } from './aws-fixture.ts';

const PLACES = { regions: ['eu-central-1'] };
const version = (tag: string): { readonly uri: string; readonly resolved: string } => ({
  uri: `${HOST}/hook:${tag}`,
  resolved: `${HOST}/hook@${digestOf(tag)}`,
});
const FUNCTIONS: FakeFunctions = {
  hook: { $LATEST: version('3'), 1: version('1'), 2: version('2') },
  zipped: {},
  other: { $LATEST: version('9') },
};

beforeEach(() => stubAws());
afterEach(() => vi.unstubAllEnvs());

test('functions and their published versions are in use by the tag and by the digest that it had', async () => {
  const fake = await use('LAMBDA', startFakeLambda(FUNCTIONS));
  expect(lines(await readLambda(PLACES, reading()))).toEqual([
    `Lambda eu-central-1: function hook, version 1: ${HOST}/hook:1`,
    `Lambda eu-central-1: function hook, version 1: ${HOST}/hook@${digestOf('1')}`,
    `Lambda eu-central-1: function hook, version 2: ${HOST}/hook:2`,
    `Lambda eu-central-1: function hook, version 2: ${HOST}/hook@${digestOf('2')}`,
    `Lambda eu-central-1: function hook: ${HOST}/hook:3`,
    `Lambda eu-central-1: function hook: ${HOST}/hook@${digestOf('3')}`,
    `Lambda eu-central-1: function other: ${HOST}/hook:9`,
    `Lambda eu-central-1: function other: ${HOST}/hook@${digestOf('9')}`,
  ]);
  // Those that are zips are not asked for.
  expect(fake.calls.filter(({ operation }) => operation === 'GetFunction').map(({ input }) => input['name'])).not.toContain('zipped');
});

test('a function that is deleted between the list and the look is fine', async () => {
  await use('LAMBDA', startFakeLambda(FUNCTIONS, ['hook']));
  expect(await readLambda(PLACES, reading())).toHaveLength(2);
});

test('a function that tells no digest is an error, unless it has never run', async () => {
  await use('LAMBDA', startFakeLambda({ hook: { $LATEST: { uri: `${HOST}/hook:1` } } }));
  await expect(readLambda(PLACES, reading())).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining('GetFunction of function hook') as string,
  });
  await use('LAMBDA', startFakeLambda({ hook: { $LATEST: { uri: `${HOST}/hook:1`, state: 'Pending' } } }));
  expect(await readLambda(PLACES, reading())).toHaveLength(1);
  await use('LAMBDA', startFakeLambda({ hook: { $LATEST: {} } }));
  await expect(readLambda(PLACES, reading())).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
});

test.each([
  ['ListFunctions', 'the region'],
  ['GetFunction', 'function hook'],
])('a refused %s is an error that names the permission', async (operation, on) => {
  const fake = await use('LAMBDA', startFakeLambda(FUNCTIONS));
  fake.refuse(operation, 'AccessDeniedException');
  await expect(readLambda(PLACES, reading())).rejects.toMatchObject({
    code: 'AUTH',
    message: expect.stringContaining(`It needs lambda:${operation} on ${on}`) as string,
  });
});

test('throttling is ridden out', async () => {
  const fake = await use('LAMBDA', startFakeLambda(FUNCTIONS));
  fake.throttle(9);
  expect(await readLambda(PLACES, reading())).toHaveLength(8);
});
