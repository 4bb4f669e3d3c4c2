import { ToolError } from '../diagnostics/tool-error.ts';

/** One thing that a registry does by itself, which acts beside the policies of this program or holds them up. */
export interface Beside {
  /**
   * `retention`: what it deletes by rules of its own. `immutable`: tags that it lets nobody move or delete. `garbage`: when it frees
   * space by itself. `collected`: how its last garbage collection ended.
   */
  readonly check: 'retention' | 'immutable' | 'garbage' | 'collected';
  /** `warning`: somebody should look at it. `unknown`: it could not be asked, which never means that there is nothing. */
  readonly state: 'ok' | 'warning' | 'unknown';
  /** A clause without a period. */
  readonly message: string;
  /** What to do about it, a sentence. */
  readonly next?: string;
}

/** A question about `what`: `the retention policy of prod/team`. */
export interface BesideQuestion {
  readonly check: Beside['check'];
  readonly what: string;
  /** Asks it. `doing` is for errors, which begin with `Cannot ` and that. */
  readonly ask: (doing: string) => Promise<Omit<Beside, 'check'>>;
}

/** Asks one question. An error of the registry makes the answer `unknown`, and its hint the next step. Throws any other error. */
export async function askBeside({ check, what, ask }: BesideQuestion): Promise<Beside> {
  const doing = `read ${what}`;
  try {
    return { check, ...(await ask(doing)) };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const [why = ''] = error.message.split('\n');
    const beginning = `Cannot ${doing}: `;
    const reason = (why.startsWith(beginning) ? why.slice(beginning.length) : why).replace(/[.\s]*$/, '');
    return { check, state: 'unknown', message: `${what} could not be asked for, since: ${reason}`, next: error.hint };
  }
}
