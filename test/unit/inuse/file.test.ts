import path from 'node:path';
import { expect, test } from 'vitest';
import { readInUseFile, understood } from '../../../src/inuse/file.ts';
import { textFound } from './text-found.ts';
import { folderWith } from '../config/temporary-folder.ts';

const HEX = '0123456789abcdef'.repeat(4);
const DIGEST = `sha256:${HEX}`;
const read = (text: string): ReturnType<typeof understood> => understood(textFound('running.txt', text));

test('one reference or digest a line, with comments, blank lines and any line ends', () => {
  const images = read(
    `# what runs\r\n\r\n  registry.example.com/team/app:v1  \r\n${DIGEST} # the gateway\n\tteam/web@${DIGEST}\n#${DIGEST}\nnginx:1.27`,
  );
  expect(images).toEqual([
    {
      image: { reference: { host: 'registry.example.com', repository: 'team/app', tag: 'v1', text: 'registry.example.com/team/app:v1' } },
      source: 'running.txt:3',
    },
    { image: { digest: DIGEST }, source: 'running.txt:4' },
    { image: { reference: { repository: 'team/web', digest: DIGEST, text: `team/web@${DIGEST}` } }, source: 'running.txt:5' },
    { image: { reference: { repository: 'nginx', tag: '1.27', text: 'nginx:1.27' } }, source: 'running.txt:7' },
  ]);
});

test('a reference with neither tag nor digest means latest', () => {
  expect(read('registry.example.com:5000/team/app')).toEqual([
    {
      image: {
        reference: { host: 'registry.example.com:5000', repository: 'team/app', tag: 'latest', text: 'registry.example.com:5000/team/app' },
      },
      source: 'running.txt:1',
    },
  ]);
});

test.for([`docker-pullable://registry.example.com/app@${DIGEST}`, `docker://${DIGEST}`, `containerd://registry.example.com/app@${DIGEST}`])(
  'as a runtime writes it: %s',
  (line) => {
    const [found] = read(line);
    expect(found?.image).toEqual(
      line.startsWith('docker://')
        ? { digest: DIGEST }
        : { reference: { host: 'registry.example.com', repository: 'app', digest: DIGEST, text: `registry.example.com/app@${DIGEST}` } },
    );
  },
);

test('a reference that no rule of any file would protect twice may stand twice', () => {
  expect(read('app:v1\napp:v1\n')).toHaveLength(2);
});

test('every line that is neither is told, at once and in its place', () => {
  const attempt = (): unknown => read(`app:v1\n  Registry/App:v1\napp:v1 extra\nsha256:123\ncontainerd://${HEX}\n`);
  const what =
    'neither an image reference, such as registry.example.com/team/app:v1, nor a digest, such as sha256: and 64 hexadecimal digits';
  expect(attempt).toThrow(expect.objectContaining({ code: 'IN_USE_INVALID', exitCode: 3 }));
  expect(attempt).toThrow(
    [
      `running.txt:2:3: ${what}`,
      '  2 |   Registry/App:v1',
      '    |   ^~~~~~~~~~~~~~~',
      `running.txt:3:1: ${what}`,
      '  3 | app:v1 extra',
      '    | ^~~~~~~~~~~~',
      // It would pass for a repository called "sha256".
      'running.txt:4:1: not a whole digest, such as sha256: and 64 lower-case hexadecimal digits',
      '  4 | sha256:123',
      '    | ^~~~~~~~~~',
      // The identifier of a container has the form of a repository name, and is no image.
      'running.txt:5:1: an identifier without its kind: write "sha256:" before the digest of an image; the identifier of a ' +
        'container is not a digest',
    ].join('\n'),
  );
});

test.for([
  'null',
  'undefined',
  'nil',
  'registry.example.com/null:v1',
  'registry.example.com/team/app:null',
  'team/app:None',
  'undefined/team/app:v1',
  `null@${DIGEST}`,
])('what programs print where they have nothing to say is no image: %s', (line) => {
  expect(() => read(`app:v1\n${line}\n`)).toThrow(/^running.txt:2:1: "\w+" where programs print it for what is not there/);
});

test.for(['1a2b3c4d5e6f', '1a2b3c4d5e6f7', HEX.slice(0, 63)])('an identifier that is cut short is no repository: %s', (line) => {
  expect(() => read(`app:v1\n${line}\n`)).toThrow(/^running.txt:2:1: an identifier that is cut short/);
});

test('a repository may be called as such an identifier, or hold such a word', () => {
  expect(read('1a2b3c4d5e6f:v1\nteam/null-checks:v1\nteam/app:not-null\n')).toHaveLength(3);
});

test('a "#" within a line that is not after a space begins no comment', () => {
  expect(() => read('app:v1#old')).toThrow('running.txt:1:1: neither an image reference');
});

test('a file without any image says that nothing is in use', () => {
  expect(read(' \n# nothing\n')).toEqual([]);
});

test('a file is read, and one that is not there is an error and never an empty set', async () => {
  const folder = await folderWith({ 'running.txt': '\ufeffapp:v1\n' });
  await expect(readInUseFile(path.join(folder, 'running.txt'))).resolves.toHaveLength(1);
  await expect(readInUseFile(path.join(folder, 'no.txt'))).rejects.toMatchObject({
    code: 'FILE',
    message: expect.stringMatching(/no\.txt: the list of images in use cannot be read: there is no such file\.$/) as string,
  });
});

test('what Windows PowerShell writes is refused instead of misread', async () => {
  const folder = await folderWith({ 'running.txt': new Uint8Array([0xff, 0xfe, ...Buffer.from('app:v1\n', 'utf16le')]) });
  await expect(readInUseFile(path.join(folder, 'running.txt'))).rejects.toMatchObject({
    code: 'FILE',
    message: expect.stringContaining('is not UTF-8 text') as string,
  });
});

test('a chart and its repository may stand in several files of one glob', async () => {
  const group = 'apiVersion: source.toolkit.fluxcd.io/v1\n';
  const folder = await folderWith({
    'a.yaml':
      `${group}kind: HelmChart\nmetadata: {name: a}\nspec: {chart: app, version: 1.0.0, sourceRef: {kind: HelmRepository, ` +
      `name: charts}}\n`,
    'b.yaml': `${group}kind: HelmRepository\nmetadata: {name: charts}\nspec: {type: oci, url: "oci://registry.example.com/team"}\n`,
  });
  const [found] = await readInUseFile(path.join(folder, '*.yaml'));
  expect(found).toMatchObject({ image: { reference: { repository: 'team/app', tag: '1.0.0' } }, source: `${folder}/a.yaml: HelmChart a` });
  await expect(readInUseFile(path.join(folder, 'a.yaml'))).rejects.toMatchObject({ code: 'IN_USE_INVALID' });
});

test.for(['', '\n', '{"apiVersion": "v1", "kind": "List", "items": []}', 'apiVersion: v1\nkind: PodList\nitems: null\n'])(
  'a file of a glob that holds nothing was not written as it should: %j',
  async (text) => {
    const folder = await folderWith({ 'a.txt': 'app:v1\n', 'b.txt': text });
    const glob = path.join(folder, '*.txt');
    await expect(readInUseFile(glob)).rejects.toMatchObject({
      code: 'FILE',
      message: expect.stringMatching(/b\.txt: it holds nothing/) as string,
    });
    expect(await readInUseFile(glob, { mayBeEmpty: true })).toHaveLength(1);
    // Of a single one, the source is told.
    expect(await readInUseFile(path.join(folder, 'b.txt'))).toEqual([]);
  },
);

test('a file of a glob may say that nothing runs there, have objects without images, or only keep its folder in Git', async () => {
  const folder = await folderWith({
    '.gitkeep': '',
    'a.txt': 'app:v1\n',
    'b.txt': '# nothing\n',
    'c.txt': 'apiVersion: v1\nkind: Service\n',
    'd.txt': '---\n',
  });
  expect(await readInUseFile(path.join(folder, '**'))).toHaveLength(1);
});
