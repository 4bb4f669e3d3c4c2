import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Folder {
  /** Folders that it may import. */
  readonly folders: readonly string[];
  /** Folders of which it may import types alone. */
  readonly types?: readonly string[];
  readonly packages?: readonly string[];
  /** No node: module, no clock, no network: the answer depends on the input alone. */
  readonly pure?: true;
}

/** The house: what each folder of src may import. A folder may only name folders that stand above it. */
const HOUSE: Readonly<Record<string, Folder>> = {
  domain: { folders: [], packages: ['date-fns'], pure: true },
  policy: { folders: ['domain'], packages: ['zod', 'semver', 're2js'], pure: true },
  graph: { folders: ['domain'], pure: true },
  plan: { folders: ['domain', 'policy', 'graph'], pure: true },
  forecast: { folders: ['domain', 'policy', 'graph', 'plan'], pure: true },
  lint: { folders: ['domain', 'policy', 'graph', 'plan'], pure: true },
  diagnostics: { folders: ['domain'] },
  documents: { folders: ['domain', 'plan', 'diagnostics'] },
  config: { folders: ['domain', 'policy', 'diagnostics'], packages: ['yaml', 'zod', 'cosmiconfig'] },
  http: { folders: ['diagnostics'], packages: ['undici', 'p-limit'] },
  auth: { folders: ['diagnostics', 'http'] },
  distribution: { folders: ['domain', 'diagnostics', 'http', 'auth'], packages: ['p-limit'] },
  registry: { folders: ['domain', 'diagnostics', 'config', 'http', 'auth', 'distribution'], packages: ['p-limit', 'zod', 're2js'] },
  inuse: { folders: ['domain', 'policy', 'diagnostics', 'config', 'http', 'auth'], packages: ['yaml'] },
  findings: { folders: ['domain', 'diagnostics', 'config'] },
  copy: { folders: ['domain', 'diagnostics'], types: ['distribution'], packages: ['p-limit'] },
  apply: { folders: ['domain', 'plan', 'diagnostics', 'documents', 'copy'], types: ['registry'], packages: ['p-limit'] },
  report: {
    folders: ['domain', 'plan', 'forecast', 'lint', 'diagnostics'],
    types: ['apply'],
    packages: ['yaml', 'string-width'],
    pure: true,
  },
  deploy: { folders: ['domain', 'diagnostics', 'config'], packages: ['yaml'] },
  'policy-import': { folders: ['domain', 'policy', 'diagnostics', 'config'], packages: ['yaml', 'zod'] },
  'policy-test': {
    folders: ['domain', 'policy', 'plan', 'diagnostics', 'documents', 'config', 'inuse'],
    packages: ['yaml', 'zod'],
  },
  demo: { folders: ['domain', 'diagnostics'], packages: ['undici', 'p-limit'] },
  run: {
    folders: [
      'domain',
      'policy',
      'graph',
      'plan',
      'forecast',
      'lint',
      'diagnostics',
      'documents',
      'config',
      'http',
      'auth',
      'distribution',
      'registry',
      'inuse',
      'findings',
      'copy',
      'apply',
      'report',
      'deploy',
      'policy-import',
      'policy-test',
    ],
    packages: ['ora', 'p-limit'],
  },
  cli: { folders: ['domain', 'diagnostics', 'documents', 'config', 'report', 'demo', 'run'], packages: ['commander'] },
};
/** The official libraries, each for one kind of registry or source, whose folder alone may import them. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  'auth/aws/': ['@aws-sdk/credential-providers'],
  'registry/ecr/': ['@aws-sdk/client-ecr', '@aws-sdk/client-ecr-public'],
  'inuse/aws/ecs': ['@aws-sdk/client-ecs'],
  'inuse/aws/task-definitions': ['@aws-sdk/client-ecs'],
  'inuse/aws/lambda': ['@aws-sdk/client-lambda'],
  'registry/acr/': ['@azure/identity'],
  'registry/gar/': ['google-auth-library'],
  'registry/alibaba/': ['@alicloud/credentials', '@alicloud/openapi-util'],
  'inuse/kubernetes': ['@kubernetes/client-node'],
};
/** Files that are named for their topic, not for the one thing that they export. */
const TOPICS = ['compare.ts', 'catalog.ts'];
/** The one file that hands things on: what the package exports. */
const PUBLIC = 'index.ts';
const PUBLIC_FOLDERS = ['domain', 'policy', 'plan'];

interface Import {
  /** A file of src, or a module's name. */
  readonly target: string;
  readonly kind: 'static' | 'type' | 'dynamic';
}

interface SourceFile {
  /** Relative to src. */
  readonly path: string;
  readonly folder: string;
  /** The text without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const SRC = join(import.meta.dirname, '..', 'src');
const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replaceAll('\\', '/'))
  .toSorted()
  .map((path) => {
    const code = readFileSync(join(SRC, path), 'utf8')
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/(^|\s)\/\/.*$/gm, '$1');
    return { path, folder: path.includes('/') ? (path.split('/')[0] as string) : '', code, imports: importsOf(path, code) };
  });
const byPath = new Map(files.map((file) => [file.path, file]));

function importsOf(path: string, code: string): Import[] {
  const target = (name: string): string => (name.startsWith('.') ? posix.join(dirname(path), name) : name);
  const declared = [...code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm)];
  const called = [...code.matchAll(/\bimport\('([^']+)'\)/g)];
  return [
    ...declared.map(([, type, name]): Import => ({ target: target(name as string), kind: type === undefined ? 'static' : 'type' })),
    ...called.map(([, name]): Import => ({ target: target(name as string), kind: 'dynamic' })),
  ];
}

/** The package of a module's name; undefined for a file of src and for a module of Node.js. */
function packageOf({ target }: Import): string | undefined {
  if (byPath.has(target) || target.startsWith('node:')) return undefined;
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

function folderOf(target: string): string | undefined {
  return byPath.get(target)?.folder;
}

function librariesOf(path: string): readonly string[] {
  return Object.entries(LIBRARIES).flatMap(([start, libraries]) => (path.startsWith(start) ? libraries : []));
}

/** The shortest way by which a file imports itself, from the file on; undefined if there is none. */
function wayBack(start: string): string[] | undefined {
  const ways = new Map<string, string[]>([[start, [start]]]);
  // A map grows while it is walked: what is added is visited too.
  for (const [path, way] of ways) {
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target === start) return way;
      if (byPath.has(target) && !ways.has(target)) ways.set(target, [...way, target]);
    }
  }
  return undefined;
}

/** `file: what` for everything of each file that is not allowed. */
function violations(of: readonly SourceFile[], found: (file: SourceFile) => readonly string[]): string[] {
  return of.flatMap((file) => found(file).map((what) => `${file.path}: ${what}`));
}

const inHouse = files.filter(({ path }) => path !== PUBLIC);
const pure = files.filter(({ folder }) => HOUSE[folder]?.pure);

test('the imports were found', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(byPath.get('plan/planner.ts')?.imports).toContainEqual({ target: 'domain/compare.ts', kind: 'static' });
  expect(byPath.get('plan/make-plan.ts')?.imports).toContainEqual({ target: 'domain/inventory.ts', kind: 'type' });
  expect(byPath.get('run/progress.ts')?.imports).toContainEqual({ target: 'ora', kind: 'dynamic' });
  expect(
    violations(files, ({ imports }) =>
      imports
        .filter(({ target }) => target.endsWith('.ts') && !byPath.has(target))
        .map(({ target }) => `imports ${target}, which is not there`),
    ),
  ).toEqual([]);
});

describe('the house', () => {
  test('every file stands in a folder of the house, and the house has no empty folder', () => {
    expect([...new Set(inHouse.map(({ folder }) => folder))].toSorted()).toEqual(Object.keys(HOUSE).toSorted());
  });

  test('a folder imports only folders above it', () => {
    const order = Object.keys(HOUSE);
    const upward = Object.entries(HOUSE).flatMap(([name, { folders, types = [] }]) =>
      [...folders, ...types].filter((other) => order.indexOf(other) >= order.indexOf(name)).map((other) => `${name}: ${other}`),
    );
    expect(upward).toEqual([]);
  });

  test.each(Object.entries(HOUSE))('%s imports only what it may', (name, { folders, types = [], packages = [] }) => {
    const forbidden = violations(
      files.filter(({ folder }) => folder === name),
      ({ path, imports }) =>
        imports.flatMap((each) => {
          const [folder, imported] = [folderOf(each.target), packageOf(each)];
          if (imported !== undefined)
            return packages.includes(imported) || librariesOf(path).includes(imported) ? [] : [`the package ${imported}`];
          if (folder === undefined || folder === name || folders.includes(folder)) return [];
          return each.kind === 'type' && types.includes(folder) ? [] : [`${each.target} (${each.kind})`];
        }),
    );
    expect(forbidden).toEqual([]);
  });

  test('no file imports itself by way of others, not even for a type', () => {
    const circles = files.flatMap(({ path }) => {
      const way = wayBack(path);
      // A circle is told once, from its first file.
      return way !== undefined && way.every((other) => path <= other) ? [[...way, path].join(' > ')] : [];
    });
    expect(circles).toEqual([]);
  });

  test('nothing imports cli, and nothing imports the public file', () => {
    expect(
      violations(
        files.filter(({ folder }) => folder !== 'cli'),
        ({ imports }) => imports.filter(({ target }) => folderOf(target) === 'cli' || target === PUBLIC).map(({ target }) => target),
      ),
    ).toEqual([]);
  });

  test('nothing forgets a secret: that is for tests alone, which share a process', () => {
    expect(
      violations(files, ({ path, code }) => (path !== 'diagnostics/redact.ts' && code.includes('forgetSecrets') ? [path] : [])),
    ).toEqual([]);
  });

  test('the public file hands on the decision alone', () => {
    const handed = byPath.get(PUBLIC)?.imports.map(({ target }) => folderOf(target)) ?? [];
    expect([...new Set(handed)].toSorted()).toEqual(PUBLIC_FOLDERS.toSorted());
  });

  test('adapters import each other nowhere: what they share is distribution/ and the files beside the folders', () => {
    const adapterOf = (path: string): string | undefined => /^registry\/([^/]+)\//.exec(path)?.[1];
    const shared = violations(
      files.filter(({ path }) => adapterOf(path) !== undefined),
      ({ path, imports }) =>
        imports.filter(({ target }) => ![undefined, adapterOf(path)].includes(adapterOf(target))).map(({ target }) => target),
    );
    expect(shared).toEqual([]);
  });

  test('what carries a plan out knows a registry by its interface alone', () => {
    expect(
      violations(
        files.filter(({ folder }) => folder === 'apply'),
        ({ imports }) =>
          imports.map(({ target }) => target).filter((target) => folderOf(target) === 'registry' && target !== 'registry/registry.ts'),
      ),
    ).toEqual([]);
  });

  test('every adapter is made of the same files as oci, or fewer', () => {
    const adapters = readdirSync(join(SRC, 'registry'), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
    expect(adapters).toContain('oci');
    for (const adapter of adapters) expect(byPath.has(`registry/${adapter}/create-registry.ts`), adapter).toBe(true);
  });
});

describe('the pure folders', () => {
  test('use no module of Node.js', () => {
    expect(violations(pure, ({ imports }) => imports.map(({ target }) => target).filter((target) => target.startsWith('node:')))).toEqual(
      [],
    );
  });

  test('have no clock, no environment, no network, no chance', () => {
    // Where characters end is the same in every language that this program writes.
    const impure =
      /\b(?:process|fetch|setTimeout|setInterval|setImmediate|queueMicrotask|performance|globalThis|require|Buffer|console|crypto|Intl(?!\.Segmenter)|toLocaleString|localeCompare)\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bawait\b|\basync\b/g;
    expect(violations(pure, ({ code }) => code.match(impure) ?? [])).toEqual([]);
  });

  test('load nothing later', () => {
    expect(violations(pure, ({ imports }) => imports.filter(({ kind }) => kind === 'dynamic').map(({ target }) => target))).toEqual([]);
  });
});

describe('the filter of known secrets stands before everything that is written', () => {
  /** What of Node's file system changes no content of a file. */
  const HARMLESS =
    /^(?:type |access|constants|createReadStream|lstat|mkdir|mkdtemp|readdir|readFile|readFileSync|readlinkSync|readSync|realpath|rename|renameSync|rm|rmdir|rmSync|stat|statSync|fstatSync|utimes|closeSync|Dirent|Stats)/;
  /** The one that writes, and those that open for reading. */
  const GUARD = 'diagnostics/guarded-file.ts';
  const READERS = ['diagnostics/file-chunks.ts', 'documents/document-bytes.ts', 'documents/open-document.ts'];
  /** These write what is packed already; the cache asks beforehand whether it holds a secret. */
  const PACKED = ['distribution/record-file.ts', 'distribution/kept-facts.ts'];

  test('files are written to by one module alone', () => {
    const imported = violations(
      files.filter(({ path }) => path !== GUARD),
      ({ path, code }) =>
        [...code.matchAll(/import\s+\{([^}]*)\}\s+from\s+'node:fs(?:\/promises)?'/g)]
          .flatMap(([, names]) => (names as string).split(',').map((name) => name.trim()))
          .filter((name) => name !== '' && !HARMLESS.test(name) && !(READERS.includes(path) && name.startsWith('open')))
          .filter((name) => !(PACKED.includes(path) && ['openSync', 'writeSync'].includes(name))),
    );
    const others = violations(
      files,
      ({ code }) => code.match(/(?:import \w+|\* as \w+) from 'node:fs|(?:require|import)\('node:fs|\bfs\./g) ?? [],
    );
    const handles = violations(
      files.filter(({ path }) => path !== GUARD),
      ({ code }) => code.match(/\.(?:appendFile|writeFile|writev|createWriteStream)\(/g) ?? [],
    );
    expect([...imported, ...others, ...handles]).toEqual([]);
    expect(byPath.get(GUARD)?.code).toMatch(/redactDocument/);
    expect(
      violations(files, ({ imports }) => imports.map(({ target }) => target).filter((target) => /kept-(?:facts|contents)/.test(target))),
    ).toEqual(['distribution/cache.ts: distribution/kept-contents.ts', 'distribution/cache.ts: distribution/kept-facts.ts']);
    expect(byPath.get('distribution/cache.ts')?.code.match(/if \(holdsSecret\(/g)).toHaveLength(2);
  });

  test('the streams of the process are taken in one place, and are guarded before a command runs', () => {
    expect(
      violations(
        files.filter(({ path }) => path !== 'cli/main.ts'),
        ({ code }) => code.match(/\bprocess\.(?:stdout|stderr|emitWarning)\b|\bconsole\./g) ?? [],
      ),
    ).toEqual([]);
    const program = byPath.get('cli/program.ts')?.code ?? '';
    expect(program.indexOf('guardOutput(')).toBeGreaterThan(0);
    expect(program.indexOf('guardOutput(')).toBeLessThan(program.indexOf('.parseAsync('));
  });
});

test('nothing that decides, asks, carries out or shows knows a vendor by name', () => {
  const vendors = /\b(?:harbor|ecr|amazonaws|acr|azurecr|azure|gcr|gar|pkg\.dev|quay|nexus|alibaba|aliyun|ghcr|dockerhub|docker\.io)\b/gi;
  expect(
    violations(
      files.filter(({ folder }) => ['domain', 'policy', 'graph', 'plan', 'http', 'apply', 'report'].includes(folder)),
      ({ code }) => code.match(vendors) ?? [],
    ),
  ).toEqual([]);
});

describe('files', () => {
  test('have no default export', () => {
    expect(violations(files, ({ code }) => code.match(/^export default\b|\bas default\b/gm) ?? [])).toEqual([]);
  });

  test('hand nothing on, but for the public one', () => {
    expect(violations(inHouse, ({ code }) => code.match(/^export\s+(?:type\s+)?(?:\*|\{[^}]*\}\s*from)/gm) ?? [])).toEqual([]);
  });

  test('are in no folder for odds and ends, and none is called index', () => {
    expect(
      inHouse
        .map(({ path }) => path)
        .filter((path) => /(?:^|\/)(?:utils?|helpers?|common|misc|shared|lib)(?:\/|\.ts$)|(?:^|\/)index\.ts$/.test(path)),
    ).toEqual([]);
  });

  test('are named in small letters', () => {
    expect(
      files.map(({ path }) => path).filter((path) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(path)),
    ).toEqual([]);
  });

  test('are named for what they export: of a file with one export, some word of its name is in that of the export', () => {
    const nameless = files.flatMap(({ path, code }) => {
      const exported = [
        ...code.matchAll(/^export\s+(?:abstract\s+|async\s+)?(?:const|let|function\*?|class|type|interface)\s+(\w+)/gm),
      ].map(([, name]) => name as string);
      const words = basename(path, '.ts')
        .split('-')
        .map((word) => word.replace(/(?:ies|es|s|ing|y|e)$/, ''));
      const [only] = exported;
      return only === undefined ||
        exported.length > 1 ||
        TOPICS.includes(basename(path)) ||
        words.some((word) => only.toLowerCase().includes(word))
        ? []
        : [`${path} exports ${only}`];
    });
    expect(nameless).toEqual([]);
  });

  test('end their lines at 140 columns, comments too', () => {
    const long = files.flatMap(({ path }) =>
      readFileSync(join(SRC, path), 'utf8')
        .split('\n')
        .flatMap((line, at) => (line.length > 140 ? [`${path}:${at + 1}`] : [])),
    );
    expect(long).toEqual([]);
  });

  test('are small', () => {
    const long = files
      .map(({ path }) => ({ path, lines: readFileSync(join(SRC, path), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });
});

describe('starting fast', () => {
  /** The packages that are loaded with a file, followed through every static import. */
  function packagesLoadedWith(entry: string): Map<string, string> {
    const packages = new Map<string, string>();
    const seen = new Map<string, string>([[entry, entry]]);
    // A map grows while it is walked: what is added is visited too.
    for (const [path, by] of seen) {
      for (const each of byPath.get(path)?.imports ?? []) {
        if (each.kind !== 'static') continue;
        const imported = packageOf(each);
        if (imported !== undefined) packages.set(imported, `${by} > ${each.target}`);
        else if (byPath.has(each.target) && !seen.has(each.target)) seen.set(each.target, `${by} > ${each.target}`);
      }
    }
    return packages;
  }

  test.each(['cli/program.ts', 'cli/main.ts'])('help loads no package but the parser of the command line: %s', (entry) => {
    expect(byPath.has(entry)).toBe(true);
    const heavy = [...packagesLoadedWith(entry)].filter(([name]) => name !== 'commander').map(([name, by]) => `${name}: ${by}`);
    expect(heavy).toEqual([]);
    expect([...packagesLoadedWith(entry).keys()]).toContain('commander');
  });

  test('the library of one kind of registry is loaded where one of that kind is used, and with no command as such', () => {
    const commands = files.map(({ path }) => path).filter((path) => path.startsWith('cli/'));
    const libraries = new Set(Object.values(LIBRARIES).flat());
    expect(commands.flatMap((path) => [...packagesLoadedWith(path)].filter(([name]) => libraries.has(name)).map(([, by]) => by))).toEqual(
      [],
    );
  });

  test('a plan for other programs is made without what measures the width of texts, which takes a tenth of the start', () => {
    expect(packagesLoadedWith('run/prune.ts').get('string-width')).toBeUndefined();
    expect([...packagesLoadedWith('run/plan-page.ts').keys()]).toContain('string-width');
  });

  test('what deletes has loaded the pages for people before it begins, since the program may be replaced meanwhile', () => {
    for (const path of ['run/apply-planned.ts', 'run/apply.ts'])
      expect(byPath.get(path)?.imports).toContainEqual({ target: 'run/plan-page.ts', kind: 'static' });
  });

  /** Its export of the name `z` holds all of it, with its messages in every language, and a bundler can leave nothing of that out. */
  test('of the library of schemas, what is not used is left out of the program', () => {
    const taken = violations(files, ({ code }) => code.match(/^import\s[^;]*?\sfrom\s+'zod';/gm) ?? []);
    expect(taken.length).toBeGreaterThan(10);
    expect(taken.filter((one) => !/: import (?:type )?\* as z from 'zod';$/.test(one))).toEqual([]);
  });

  test('the walk finds what is loaded', () => {
    expect([...packagesLoadedWith('plan/make-plan.ts').keys()]).toContain('semver');
  });
});
