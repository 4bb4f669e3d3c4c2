import { type FunctionConfiguration, GetFunctionCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { withGivenEndpoint } from '../../auth/aws/given-endpoint.ts';
import type { InUseImage } from '../../domain/in-use.ts';
import { distinct } from './arn-lists.ts';
import type { AwsCall, AwsCalls } from './aws-calls.ts';
import { imageOf } from './image-text.ts';
import { type AwsPlaces, type AwsReading, readRegions, type UsedImages } from './read-regions.ts';

/** Of a function that has never run: no digest was resolved, and its image is fetched by the tag. */
const NOT_STARTED: readonly string[] = ['Pending', 'Failed'];

/**
 * The images of all functions that are made of one, and of each of their published versions: as written, and the digest that was resolved
 * when the code was set, to which Lambda goes back whenever it starts the function anew. Throws what {@link readRegions} does, and
 * `IN_USE_INVALID` for a text that is not an image.
 */
export function readLambda(places: AwsPlaces, reading: AwsReading): Promise<InUseImage[]> {
  return readRegions(
    { prefix: 'lambda', title: 'Lambda', connect: (config) => withGivenEndpoint(new LambdaClient(config)), read: readRegion },
    places,
    reading,
  );
}

async function readRegion(client: LambdaClient, calls: AwsCalls, found: UsedImages): Promise<void> {
  const call: AwsCall = { action: 'ListFunctions', on: 'the region' };
  const send = (Marker: string | undefined, options: object) =>
    client.send(new ListFunctionsCommand({ FunctionVersion: 'ALL', Marker }), options);
  const functions = await calls.list(call, send, ({ Functions, NextMarker }) => [Functions, NextMarker]);
  // Lambda names every kind; one that is new may be made of images too.
  await Promise.all(functions.filter(({ PackageType }) => PackageType !== 'Zip').map((each) => addFunction(client, calls, each, found)));
}

async function addFunction(
  client: LambdaClient,
  calls: AwsCalls,
  { FunctionName: name, Version: version }: FunctionConfiguration,
  found: UsedImages,
): Promise<void> {
  if (!name || !version) throw calls.misunderstood({ action: 'ListFunctions', on: 'the region' }, 'a function has no name or version');
  const of = version === '$LATEST' ? `function ${name}` : `function ${name}, version ${version}`;
  const call: AwsCall = { action: 'GetFunction', on: of };
  // Of what was listed just now, that it is not there is its deletion; where it may not be seen, Lambda says AccessDeniedException.
  const answer = await calls.callUnless(['ResourceNotFoundException'], call, (options) =>
    client.send(new GetFunctionCommand({ FunctionName: name, Qualifier: version }), options),
  );
  if (!answer) return;
  const { Code: code, Configuration: configuration } = answer;
  const texts = distinct([code?.ImageUri, code?.ResolvedImageUri]);
  if (configuration?.PackageType === 'Zip' && texts.length === 0) return;
  if (texts.length === 0) throw calls.misunderstood(call, `the answer names no image${code?.Error ? ` (${code.Error.ErrorCode})` : ''}`);
  if (!texts.some((text) => text.includes('@')) && !code?.ResolvedImageUri && !NOT_STARTED.includes(configuration?.State ?? '')) {
    throw calls.misunderstood(call, 'the answer does not tell the digest of its image');
  }
  const source = `${calls.place}: ${of}`;
  for (const text of texts) found.add(imageOf(text, source), source);
}
