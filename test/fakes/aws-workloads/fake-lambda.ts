import { ServiceError } from '../ecr/operations.ts';
import { type AwsServer, pageOf, startAwsServer } from './aws-server.ts';

interface FakeVersion {
  readonly uri?: string;
  readonly resolved?: string;
  readonly state?: string;
}

/** Versions by their names, by function; a function without versions is a zip. */
export type FakeFunctions = Readonly<Record<string, Readonly<Record<string, FakeVersion>>>>;

/** AWS Lambda: REST-JSON with pages of two. Of functions in `deleted` nothing is there any more. */
export function startFakeLambda(functions: FakeFunctions, deleted: readonly string[] = []): Promise<AwsServer> {
  const listed = Object.entries(functions).flatMap(([FunctionName, versions]) => {
    const names = Object.keys(versions);
    return names.length === 0
      ? [{ FunctionName, Version: '$LATEST', PackageType: 'Zip' }]
      : names.map((Version) => ({ FunctionName, Version, PackageType: 'Image' }));
  });
  return startAwsServer(
    'lambda',
    ({ url = '' }) => {
      const { pathname, searchParams } = new URL(url, 'http://lambda');
      const name = /^\/2015-03-31\/functions\/([^/]+)$/.exec(pathname)?.[1];
      const input = Object.fromEntries(searchParams);
      return name === undefined
        ? { operation: 'ListFunctions', input }
        : { operation: 'GetFunction', input: { ...input, name: decodeURIComponent(name) } };
    },
    ({ operation, input }) => {
      if (operation === 'ListFunctions') {
        const all = listed.filter(({ Version }) => input['FunctionVersion'] === 'ALL' || Version === '$LATEST');
        const { page, next } = pageOf(all, input['Marker'], undefined, 2);
        return { Functions: page, NextMarker: next ?? null };
      }
      const version = functions[String(input['name'])]?.[String(input['Qualifier'])];
      if (!version || deleted.includes(String(input['name'])))
        throw new ServiceError('ResourceNotFoundException', `Function not found: ${String(input['name'])}`);
      const { uri, resolved, state = 'Active' } = version;
      return {
        Configuration: { PackageType: 'Image', State: state },
        Code: { RepositoryType: 'ECR', ImageUri: uri, ResolvedImageUri: resolved },
      };
    },
  );
}
