import { readFile } from 'node:fs/promises';
import { ToolError } from '../diagnostics/tool-error.ts';

/**
 * Reads a user name or password from a file, without the line break at its end. Throws `ToolError` `AUTH` if the file is empty or cannot be
 * read.
 */
export async function readCredentialFile(path: string, host: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ToolError(
      'AUTH',
      `The config takes credentials for ${host} from ${path}, which cannot be read (${String((cause as NodeJS.ErrnoException).code)}).`,
      {
        hint: 'Check the path and its permissions, or take it out of the config.',
        cause,
      },
    );
  }
  const value = text.replace(/\r?\n$/, '');
  if (value !== '') return value;
  throw new ToolError('AUTH', `The config takes credentials for ${host} from ${path}, which is empty.`, {
    hint: 'Write the user name or password into it, or take it out of the config.',
  });
}
