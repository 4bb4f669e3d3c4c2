import { request } from 'undici';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Digest } from '../domain/digest.ts';
import { MANIFEST_TYPES, OCI_INDEX } from '../domain/media-types.ts';
import { attachmentTag } from './attachments.ts';
import { type Content, content, type Pushable } from './image.ts';
import type { SeenRequest } from './registry-options.ts';
import type { Reply } from './reply.ts';

/** Where to push: a registry by its URL, or one of this process, which `answer` sends to without a network. */
export interface PushTarget {
  readonly url: string;
  answer?(request: SeenRequest): Reply | Promise<Reply>;
}

export interface PushOptions {
  readonly auth?: { readonly user: string; readonly password: string };
  /** Shared by pushes to the same registry, so that nothing is sent twice. */
  readonly session?: PushSession;
}

/** What was sent already (by repository and digest), and the tokens got for it (by repository). */
export interface PushSession {
  readonly sent: Map<string, Promise<unknown>>;
  readonly tokens: Map<string, string>;
}

export function newPushSession(): PushSession {
  return { sent: new Map(), tokens: new Map() };
}

interface Target {
  readonly url: string;
  readonly answer: PushTarget['answer'] | undefined;
  readonly repository: string;
  readonly auth: PushOptions['auth'];
  readonly session: PushSession;
}

type Method = 'GET' | 'POST' | 'PUT';
type Headers = Readonly<Record<string, string>>;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * Pushes an image, index or artifact to any registry with everything that it needs: blobs, then children, then the manifest under each of
 * `tags`, or under its digest if there are no tags. On a registry without the referrers API it maintains the fallback tag of a subject; two
 * referrers of one subject must then not be pushed side by side. Answers the digest. Throws `ToolError` `REGISTRY_ERROR` with what the
 * registry said.
 */
export async function push(
  registry: string | PushTarget,
  repository: string,
  thing: Pushable,
  tags: readonly string[] = [],
  options: PushOptions = {},
): Promise<Digest> {
  const { url, answer }: PushTarget = typeof registry === 'string' ? { url: registry } : registry;
  const target = { url, answer, repository, auth: options.auth, session: options.session ?? newPushSession() };
  await pushParts(target, thing);
  for (const reference of tags.length > 0 ? tags : [thing.digest]) await putManifest(target, thing, reference);
  return thing.digest;
}

async function pushParts(target: Target, thing: Pushable): Promise<void> {
  await Promise.all(thing.blobs.map((blob) => once(target, blob.digest, () => putBlob(target, blob))));
  for (const child of thing.children) {
    await once(target, child.digest, async () => {
      await pushParts(target, child);
      await putManifest(target, child, child.digest);
    });
  }
}

function once({ session, repository }: Target, digest: Digest, work: () => Promise<unknown>): Promise<unknown> {
  const key = `${repository}@${digest}`;
  const begun = session.sent.get(key) ?? work();
  session.sent.set(key, begun);
  return begun;
}

/** One request where the registry takes a blob at once, else two (distribution-spec, "Pushing a blob monolithically"). */
async function putBlob(target: Target, { digest, bytes }: Content): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' };
  const begun = await send(target, 'POST', `${base(target)}/blobs/uploads/?digest=${digest}`, [201, 202], headers, bytes);
  if (begun.status === 201) return;
  const upload = new URL(String(begun.headers['location']), target.url);
  upload.searchParams.set('digest', digest);
  await send(target, 'PUT', upload.href, [201], headers, bytes);
}

async function putManifest(target: Target, thing: Pushable, reference: string): Promise<void> {
  const answer = await send(
    target,
    'PUT',
    `${base(target)}/manifests/${reference}`,
    [201],
    { 'content-type': thing.mediaType },
    thing.bytes,
  );
  if (thing.subject !== undefined && answer.headers['oci-subject'] === undefined) await keepFallbackTag(target, thing, thing.subject);
}

/** Adds a referrer to the index under its subject's fallback tag (distribution-spec, "Pushing Manifests with Subject"). */
async function keepFallbackTag(target: Target, referrer: Pushable, subject: Digest): Promise<void> {
  const { mediaType, digest, bytes, artifactType, annotations } = referrer;
  const url = `${base(target)}/manifests/${attachmentTag(subject)}`;
  const found = await send(target, 'GET', url, [200, 404], { accept: MANIFEST_TYPES.join(', ') });
  const had = found.status === 404 ? [] : (JSON.parse(found.text) as { manifests: { digest: string }[] }).manifests;
  if (had.some((one) => one.digest === digest)) return;
  const manifests = [...had, { mediaType, digest, size: bytes.length, artifactType, annotations }];
  const list = content(OCI_INDEX, JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  await send(target, 'PUT', url, [201], { 'content-type': OCI_INDEX }, list.bytes);
}

function base({ url, repository }: Target): string {
  return `${url}/v2/${repository}`;
}

async function send(
  target: Target,
  method: Method,
  url: string,
  expected: readonly number[],
  headers: Headers,
  body?: Buffer,
): Promise<Answer> {
  let answer = await sendOnce(target, method, url, headers, body);
  const challenge = String(answer.headers['www-authenticate'] ?? '');
  if (answer.status === 401 && /^bearer /i.test(challenge)) {
    target.session.tokens.set(target.repository, await fetchToken(challenge, target));
    answer = await sendOnce(target, method, url, headers, body);
  }
  if (expected.includes(answer.status)) return answer;
  throw new ToolError(
    'REGISTRY_ERROR',
    `${target.url} answered ${answer.status} to ${method} ${new URL(url).pathname}: ${answer.text.slice(0, 500)}`,
    {
      hint: 'Check that the registry takes pushes to this repository from this user.',
    },
  );
}

function sendOnce(target: Target, method: Method, url: string, headers: Headers, body?: Buffer): Promise<Answer> {
  const { auth, session, repository } = target;
  const authorization = session.tokens.get(repository) ?? (auth && basic(auth));
  return exchange(target, method, url, { ...headers, ...(authorization !== undefined && { authorization }) }, body);
}

async function exchange({ answer }: Target, method: Method, url: string, headers: Headers, body?: Buffer): Promise<Answer> {
  if (answer) {
    const path = url.slice(new URL(url).origin.length);
    const reply = await answer({ method, path, headers, body: body ?? Buffer.alloc(0) });
    return { status: reply.status, headers: reply.headers ?? {}, text: Buffer.from(reply.body ?? '').toString('utf8') };
  }
  const { statusCode, headers: answered, body: stream } = await request(url, { method, headers, ...(body && { body }) });
  return { status: statusCode, headers: answered, text: await stream.text() };
}

/** Follows a bearer challenge (distribution, docs/content/spec/auth/token.md). Answers the Authorization header. */
async function fetchToken(challenge: string, target: Target): Promise<string> {
  const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const query = new URLSearchParams({ service: parameter('service'), scope: parameter('scope') });
  const headers: Headers = target.auth ? { authorization: basic(target.auth) } : {};
  const { text } = await exchange(target, 'GET', `${parameter('realm')}?${query}`, headers);
  const { token, access_token: accessToken } = JSON.parse(text) as { token?: string; access_token?: string };
  return `Bearer ${token ?? accessToken}`;
}

function basic({ user, password }: { readonly user: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
