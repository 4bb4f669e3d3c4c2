import { basename, dirname, join } from 'node:path';
import type { Path } from '../config/yaml-document.ts';
import { isProblems, LONGEST_FILE, readYaml } from '../config/yaml-source.ts';
import { readSource } from '../diagnostics/source.ts';
import type { Problem } from '../diagnostics/source-error.ts';
import type { InUseImage } from '../domain/in-use.ts';
import { splitReference } from '../domain/reference.ts';
import { parseTime } from '../domain/time.ts';
import { parseImage } from '../inuse/parse-image.ts';
import type { CaseSpec } from './case-schema.ts';
import type { Expectation, PolicyCase } from './policy-case.ts';
import { TestFile } from './test-file-schema.ts';
import { inventoryOfWritten, type Names, namesOf } from './written-images.ts';

/** How the name of a file of cases ends. */
export const TEST_FILE = /\.test\.ya?ml$/;

/** As of when cases are decided whose images have ages alone: it could be any time. */
const ANY_TIME = Date.UTC(2026, 0, 1);

/** Reads a file of cases: these, or everything that is wrong with it. Throws `FILE` where it cannot be read. */
export async function readTestFile(
  path: string,
  called: string,
): Promise<readonly PolicyCase[] | { readonly problems: readonly Problem[] }> {
  const source = await readSource(path, { what: 'file of cases', maxBytes: LONGEST_FILE });
  const result = readYaml({ ...source, file: called }, TestFile, { unknownKey });
  if (isProblems(result)) return { problems: result };
  const { data, positionOf } = result;
  const place = (...at: Path): string => `${called}:${positionOf(at).line}`;
  return data.cases.map((spec, index) => policyCase(spec, index, data, path, place));
}

/** What is said where somebody gives the policy itself. */
function unknownKey(path: Path, key: string): string | undefined {
  return path.length === 0 && key === 'policies'
    ? 'this is a policy, and no file of cases: the cases of policy.yaml stand in policy.test.yaml'
    : undefined;
}

function policyCase(spec: CaseSpec, index: number, file: TestFile, path: string, place: (...at: Path) => string): PolicyCase {
  const { name, images, inventory, lists = {}, capabilities, expect = {}, inUse = [] } = spec;
  const text = spec.now ?? file.now;
  const now = text === undefined ? undefined : parseTime(text);
  const names = images && namesOf(images);
  const folder = dirname(path);
  const at: Path = ['cases', index];
  return {
    title: `${place(...at, 'name')}: ${name}`,
    file: path,
    policy: join(folder, file.policy ?? basename(path).replace(TEST_FILE, '.yaml')),
    given: {
      inventory: images
        ? ({ registry, repository }) =>
            inventoryOfWritten(
              images,
              { registry: spec.registry ?? registry, repository: spec.repository ?? repository },
              now ?? ANY_TIME,
              capabilities,
            )
        : join(folder, inventory ?? ''),
      ...((now !== undefined || images) && { now: now ?? ANY_TIME }),
      inUse: inUse.map((used, line) => ({ image: imageInUse(used, names), source: place(...at, 'inUse', line) })),
      hosts: {},
      lists,
      names: new Map([...(names ?? [])].flatMap(([called, { digest, isTag }]) => (isTag ? [] : [[digest, called] as const]))),
    },
    expected: Object.entries(expect).map(([called, value]) => expectation(called, value, names, [...at, 'expect', called])),
    about: 'tag',
    placeOf: (repository, { tag, called }, isOnly) => [
      ...at,
      'expect',
      isOnly ? called : tag === undefined ? `${repository}@sha256:${called}` : `${repository}:${called}`,
    ],
  };
}

/** What the schema has found to be the name of an image of the case, a reference or a digest. */
function imageInUse(text: string, names: Names | undefined): InUseImage['image'] {
  const own = names?.get(text);
  return own ? { digest: own.digest } : (parseImage(text) as InUseImage['image']);
}

function expectation(name: string, value: string | readonly string[], names: Names | undefined, path: Path): Expectation {
  const [action = '', ...codes] = typeof value === 'string' ? [value] : value;
  const said = { path, name, action, codes };
  const own = names?.get(name);
  if (own) return { ...said, finds: own.isTag ? name : digits(own.digest) };
  if (!name.includes('/')) return { ...said, finds: name };
  const { name: repository, tag, digest = '' } = splitReference(name);
  return { ...said, repository, finds: tag ?? digits(digest) };
}

function digits(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}
