import { spawn } from 'node:child_process';
import { withoutHiddenParts } from '../diagnostics/hidden-text.ts';
import { printable, redact, rememberSecret } from '../diagnostics/redact.ts';
import { ToolError } from '../diagnostics/tool-error.ts';
import type { Credentials } from './credentials.ts';

const LIMIT_MS = 30_000;
const MAX_OUTPUT = 1024 * 1024;
/** What a helper that has no credentials for a host prints (docker/docker-credential-helpers, errCredentialsNotFoundMessage). */
const NOT_FOUND = /credentials not found/i;
/** The user name that marks the secret as an identity token. */
const IDENTITY = '<token>';

interface Ended {
  /** Undefined when it was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Asks `docker-credential-<name> get` for the credentials of a server. Undefined if the helper has none. Throws `ToolError` `AUTH`, naming
 * the helper, if it does not exist, fails, or takes longer than 30 seconds. `limitMs` is for tests.
 */
export async function askHelper(
  name: string,
  server: string,
  env: Readonly<Record<string, string | undefined>>,
  limitMs = LIMIT_MS,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  // The name comes from a file and must not lead to another program.
  if (!/^[\w.-]+$/.test(name)) throw failed(printable(program), server, 'its name may hold letters, digits, ".", "_" and "-" only');
  const { code, stdout, stderr } = await run(program, server, env, limitMs);
  if (code === 0) return answered(program, server, stdout);
  if (NOT_FOUND.test(stdout) || NOT_FOUND.test(stderr)) return undefined;
  const said = redact(printable(withoutHiddenParts(stdout.trim() === '' ? stderr : stdout))).slice(0, 300);
  throw failed(
    program,
    server,
    code === undefined ? `no answer within ${limitMs / 1000} seconds` : `exit code ${code}${said === '' ? '' : `: ${said}`}`,
  );
}

function run(program: string, server: string, env: Readonly<Record<string, string | undefined>>, limitMs: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { env: { ...env }, shell: false, stdio: 'pipe' });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // Programs that the helper started may live on and hold these streams open.
      child.stdout.destroy();
      child.stderr.destroy();
    }, limitMs);
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (output[stream].length < MAX_OUTPUT) output[stream] += text;
      });
    }
    child.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        failed(
          program,
          server,
          cause.code === 'ENOENT' ? 'there is no such program on the PATH' : `it cannot be started (${String(cause.code)})`,
        ),
      );
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, ...output });
    });
    // A helper may end without reading.
    child.stdin.on('error', () => {});
    child.stdin.end(server);
  });
}

/** `{"ServerURL", "Username", "Secret"}`. */
function answered(program: string, server: string, stdout: string): Credentials | undefined {
  let document: { Username?: unknown; Secret?: unknown } | null;
  try {
    document = JSON.parse(stdout) as typeof document;
  } catch {
    // The parser's own message quotes the text.
    throw failed(program, server, 'its answer is not JSON');
  }
  const { Username: username = '', Secret: secret = '' } = document ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string') throw failed(program, server, 'its answer has no Username and Secret');
  if (secret === '') return undefined;
  rememberSecret(secret);
  if (username === IDENTITY) return { identityToken: secret, source: program };
  if (username === '') throw failed(program, server, 'its answer has a Secret but no Username');
  return { username, password: secret, source: program };
}

function failed(program: string, server: string, why: string): ToolError {
  return new ToolError('AUTH', `The credential helper ${program} failed for ${server}: ${why}.`, {
    hint: 'Run the helper by hand ("get", with the server on its standard input) to see why, or take it out of the auth file.',
  });
}
