import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Why the SDK does not find a profile, a sentence that names the files; undefined where one of them has it. The SDK itself says only that
 * there are no credentials (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
 */
export async function missingProfile(profile: string): Promise<string | undefined> {
  const config = process.env['AWS_CONFIG_FILE'] || join(homedir(), '.aws', 'config');
  const credentials = process.env['AWS_SHARED_CREDENTIALS_FILE'] || join(homedir(), '.aws', 'credentials');
  const sections = profile === 'default' ? ['default', 'profile default'] : [`profile ${profile}`];
  const found = [await lookInto(config, sections), await lookInto(credentials, [profile])];
  if (found.includes('there')) return undefined;
  const [first, second] = [config, credentials].map((file, index) => (found[index] === 'no file' ? `${file} (no such file)` : file));
  return `there is no profile ${JSON.stringify(profile)} in ${first} or in ${second}`;
}

async function lookInto(file: string, sections: readonly string[]): Promise<'there' | 'missing' | 'no file'> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return 'no file';
  const names = [...text.matchAll(/^\s*\[([^\]]*)\]/gm)].map(([, name = '']) =>
    name.trim().replaceAll(/["']/g, '').replaceAll(/\s+/g, ' '),
  );
  return names.some((name) => sections.includes(name)) ? 'there' : 'missing';
}
