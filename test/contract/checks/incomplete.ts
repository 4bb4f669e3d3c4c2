import { expect } from 'vitest';
import { ToolError } from '../../../src/diagnostics/tool-error.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { everyday } from '../../sweep.ts';
import type { Contract } from '../contract.ts';
import type { Answer, Fault, Seen } from '../fault-proxy.ts';
import { comparable } from '../expected-inventory.ts';
import { TINY } from '../history.ts';
import { names, namesRegistry, type Scene } from '../scene.ts';

const html = { 'content-type': 'text/html' };

/** Answers to a single question, each for good: whatever is asked, they leave open what the truth is. */
const WRONG: readonly (readonly [what: string, fault: Fault])[] = [
  ['is 500', { status: 500, headers: html, body: '<html><title>Oops</title></html>' }],
  ['is 404 from a machine on the way', { status: 404, headers: html, body: '<html><title>Not Found</title></html>' }],
  ['is an empty object', (answer) => ({ ...answer, body: '{}' })],
  ['breaks off half-way', 'truncate'],
  ['is 404 and says nothing', { status: 404 }],
  ['is 204', { status: 204 }],
  ['is a web page', { status: 200, headers: html, body: '<html><title>Log in</title></html>' }],
  ['is null', (answer) => ({ ...answer, body: 'null' })],
  ['is empty', (answer) => ({ ...answer, body: '' })],
  ['lacks its second half', (answer) => ({ ...answer, body: Buffer.from(answer.body ?? '').subarray(0, (answer.body ?? '').length / 2) })],
  ['has another digest', (answer) => ({ ...answer, body: `${String(answer.body)} ` })],
  ['has names in place of lists', (answer) => ({ ...answer, body: String(answer.body).replaceAll(/\[[^[\]]*\]/g, '"none"') })],
];

export function testIncomplete({ target, check }: Contract): void {
  for (const [what, fault] of everyday(target.repeats ? 1 : 3, WRONG)) {
    check(`leads to an error or an incomplete inventory, and to nothing missing, where it ${what}`, ['wrongAnswers'], async (scene) => {
      const { clean, requests } = await recorded(scene);
      const overlooked: string[] = [];
      for (const request of requests) {
        const mayBeAnswer = what.includes('404') && target.isOptional?.(request);
        if (!mayBeAnswer && !(await isNoticed(scene, request, fault, clean)))
          overlooked.push(`${request.method} ${request.path} ${request.body.toString('utf8')}`);
      }
      expect(overlooked).toEqual([]);
    });
  }

  const refusals = [
    ['403', target.answers.forbidden],
    ['401', target.answers.unauthorized],
  ] as const;
  for (const [what, answer] of everyday(1, refusals)) {
    check(`leads to an error or an incomplete inventory, and to nothing missing, where it is ${what}`, ['wrongAnswers'], async (scene) => {
      const { clean, requests } = await recorded(scene);
      for (const request of requests) expect(await isNoticed(scene, request, answer, clean), request.path).toBe(true);
    });
  }

  check('leaves nothing to be deleted', ['wrongAnswers'], async (scene) => {
    const { requests } = await recorded(scene);
    const any = requests.find((request) => target.kindOf(request) !== 'other')!;
    scene.proxy.fault((request) => isSame(request, any), { status: 500 });
    const plan = await scene.plan().catch((error: unknown) => error);
    if (plan instanceof ToolError) return;
    const { repositories, diagnostics } = plan as Plan;
    expect(repositories).toEqual([expect.objectContaining({ complete: false, steps: [] })]);
    expect(diagnostics.map(({ code }) => code)).toContain('incomplete');
  });

  /** A repository, its inventory, and every question that the inventory took, each once. */
  async function recorded(scene: Scene): Promise<{ clean: readonly object[]; requests: readonly Seen[] }> {
    await scene.push(TINY);
    const { requests, answer } = await scene.during(() => scene.connect().inventory(scene.repository));
    const isFirst = (request: Seen, position: number): boolean => requests.findIndex((other) => isSame(other, request)) === position;
    const questions = requests.filter(isFirst).filter((request) => target.kindOf(request) !== 'token');
    return { clean: comparable(target, answer.manifests), requests: questions };
  }

  /** True where the inventory fails, or says that it is not complete, or has it all nevertheless. */
  async function isNoticed(scene: Scene, request: Seen, fault: Fault, clean: readonly object[]): Promise<boolean> {
    const stop = scene.proxy.fault((other) => isSame(other, request), headless(fault));
    try {
      const inventory = await scene.connect().inventory(scene.repository);
      if (inventory.complete) return JSON.stringify(comparable(target, inventory.manifests)) === JSON.stringify(clean);
      const isNamed = ['token', 'other'].includes(target.kindOf(request)) ? namesRegistry : names;
      expect(inventory.problems!.filter((problem) => !isNamed(scene, problem))).toEqual([]);
      return true;
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      await scene.failure(Promise.reject(error));
      return true;
    } finally {
      stop();
    }
  }
}

function isSame(one: Seen, other: Seen): boolean {
  return one.method === other.method && one.path === other.path && one.body.equals(other.body);
}

/** An answer that is changed says no more how long it was. */
function headless(fault: Fault): Fault {
  if (typeof fault !== 'function') return fault;
  return (answer: Answer) => {
    const { 'content-length': _length, ...headers } = answer.headers ?? {};
    return fault({ ...answer, headers });
  };
}
