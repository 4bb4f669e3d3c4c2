import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { binaryPath } from './server-binaries.ts';

/** What a screen reader is told of one element. */
interface Spoken {
  readonly role: string;
  readonly name: string;
}

/** A page in headless Chromium, which is spoken to over a pipe by the Chrome DevTools Protocol. */
export interface Page {
  /** The value of an expression in the page. */
  evaluate<Value>(expression: string): Promise<Value>;
  /** Presses one key, such as `Tab` or ` `, on whatever has the focus. */
  press(key: string): Promise<void>;
  type(text: string): Promise<void>;
  /** The accessibility tree of the page, without what it leaves out. */
  spoken(): Promise<Spoken[]>;
  /** What the page has written to its console, and what its policy has refused. */
  readonly messages: readonly string[];
  close(): Promise<void>;
}

const CODES: Readonly<Record<string, { readonly code: string; readonly windowsVirtualKeyCode: number; readonly text?: string }>> = {
  Tab: { code: 'Tab', windowsVirtualKeyCode: 9 },
  Enter: { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  ' ': { code: 'Space', windowsVirtualKeyCode: 32, text: ' ' },
};

/** Opens a file of this machine. `dark` is the colour scheme that its reader has. */
export async function openPage(file: string, options: { readonly dark?: boolean; readonly width?: number } = {}): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), 'regprune-chromium-'));
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
  ];
  const browser = spawn(binaryPath('chromium'), [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const [, , , input, output] = browser.stdio as unknown as [null, null, null, Writable, Readable];
  const ended = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  const close = async (): Promise<void> => {
    browser.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  const waiting = new Map<number, { readonly resolve: (result: never) => void; readonly reject: (error: Error) => void }>();
  const messages: string[] = [];
  const listeners = new Map<string, () => void>();
  let text = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (text + chunk).split('\0');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const { id, result, error, method, params } = JSON.parse(part) as Answer;
      if (error) waiting.get(id)?.reject(new Error(error.message));
      else if (id !== undefined) waiting.get(id)?.resolve(result as never);
      if (method === 'Log.entryAdded' || method === 'Runtime.exceptionThrown') messages.push(JSON.stringify(params));
      if (method !== undefined) listeners.get(method)?.();
    }
  });
  let count = 0;
  let sessionId: string | undefined;
  const send = <Result>(method: string, params: object = {}): Promise<Result> => {
    const id = (count += 1);
    input.write(`${JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`);
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };
  try {
    const { targetId } = await send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    ({ sessionId } = await send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true }));
    for (const domain of ['Page', 'Runtime', 'Log', 'Accessibility']) await send(`${domain}.enable`);
    const features = [{ name: 'prefers-color-scheme', value: options.dark ? 'dark' : 'light' }];
    await send('Emulation.setEmulatedMedia', { features });
    await send('Emulation.setDeviceMetricsOverride', { width: options.width ?? 1280, height: 900, deviceScaleFactor: 1, mobile: false });
    const loaded = new Promise<void>((resolve) => listeners.set('Page.loadEventFired', resolve));
    await send('Page.navigate', { url: pathToFileURL(file).href });
    await loaded;
  } catch (error) {
    await close();
    throw error;
  }
  const press = async (key: string): Promise<void> => {
    const params = { key, ...CODES[key] };
    await send('Input.dispatchKeyEvent', { type: 'keyDown', ...params });
    await send('Input.dispatchKeyEvent', { type: 'keyUp', ...params });
  };
  return {
    messages,
    press,
    close,
    async evaluate<Value>(expression: string) {
      const { result } = await send<{ result: { value: Value } }>('Runtime.evaluate', { expression, returnByValue: true });
      return result.value;
    },
    async type(typed) {
      await send('Input.insertText', { text: typed });
    },
    async spoken() {
      const { nodes } = await send<{ nodes: readonly TreeNode[] }>('Accessibility.getFullAXTree');
      return nodes.filter(({ ignored }) => !ignored).map(({ role, name }) => ({ role: role?.value ?? '', name: name?.value ?? '' }));
    },
  };
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: unknown;
}

interface TreeNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}
