import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const OPENSSL = 'openssl';
export const HAS_OPENSSL = spawnSync(OPENSSL, ['version']).status === 0;

export interface TestCertificates {
  /** PEM of the CA. */
  readonly ca: string;
  /** Path of that PEM. */
  readonly caFile: string;
  /** For a server of the names below. */
  readonly server: { readonly key: string; readonly cert: string };
}

/** A CA that nobody trusts and a certificate by it for 127.0.0.1, registry.test and whatever else is named. */
export function makeCertificates(...names: readonly string[]): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'regprune-ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const openssl = (...args: string[]) => execFileSync(OPENSSL, args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=registry.test');
  writeFileSync(
    join(folder, 'names'),
    `subjectAltName=${['registry.test', ...names].map((name) => `DNS:${name}`).join(',')},IP:127.0.0.1\n`,
  );
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-extfile',
    'names',
    '-out',
    'server.pem',
    '-days',
    '2',
  );
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { ca: read('ca.pem'), caFile: join(folder, 'ca.pem'), server: { key: read('server.key'), cert: read('server.pem') } };
}
