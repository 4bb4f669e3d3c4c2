import type { Source, Span } from '../diagnostics/source.ts';
import { type Problem, problemAt } from '../diagnostics/source-error.ts';
import { Expression, type HclObject, type HclValue } from './hcl-value.ts';

/** A block of a file: `resource "harbor_project" "main" {…}`; also `inputs = {…}`, as Terragrunt has it. */
export interface HclBlock extends Span {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: HclObject;
}

class HclSyntax extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const IDENTIFIER = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HEREDOC = /<<(-?)([\p{L}_][\p{L}\p{N}_-]*)[ \t]*\r?\n/uy;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };
/** Blocks in blocks; a file for registries needs five. */
const DEEPEST = 64;

/** The blocks of a file in the syntax of Terraform (HCL 2), or where it is not in it. Expressions are not worked out. */
export function parseHcl(source: Source): readonly HclBlock[] | Problem {
  try {
    return new HclReader(source.text).blocks();
  } catch (error) {
    if (!(error instanceof HclSyntax)) throw error;
    return problemAt(source, { start: error.at, end: error.at + 1 }, `this is not understood as a Terraform file: ${error.message}`);
  }
}

function isBody(value: HclValue): value is HclObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Expression);
}

class HclReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  blocks(): HclBlock[] {
    const blocks: HclBlock[] = [];
    for (this.#skip(true); this.#at < this.#text.length; this.#skip(true)) {
      const start = this.#at;
      const type = this.#identifier();
      this.#skip(false);
      if (this.#peek() === '=' && this.#peek(1) !== '=') {
        this.#at += 1;
        const value = this.#value();
        if (isBody(value)) blocks.push({ type, labels: [], body: value, start, end: this.#at });
      } else blocks.push({ type, labels: this.#labels(), body: this.#body(), start, end: this.#at });
    }
    return blocks;
  }

  /** What stands between the braces of a block. */
  #body(): HclObject {
    this.#expect('{');
    if (++this.#depth > DEEPEST) throw new HclSyntax(this.#at, 'its blocks are nested too deep');
    const attributes: Record<string, HclValue> = {};
    const blocks: Record<string, HclValue[]> = {};
    for (this.#skip(true); !this.#take('}'); this.#skip(true)) {
      const name = this.#identifier();
      this.#skip(false);
      if (this.#peek() === '=' && this.#peek(1) !== '=') {
        this.#at += 1;
        attributes[name] = this.#value();
      } else {
        const [label] = this.#labels();
        (blocks[label === undefined ? name : `${name} "${label}"`] ??= []).push(this.#body());
      }
    }
    this.#depth -= 1;
    return { ...attributes, ...blocks };
  }

  #labels(): string[] {
    const labels: string[] = [];
    for (this.#skip(false); this.#peek() !== '{'; this.#skip(false)) {
      const label = this.#peek() === '"' ? this.#string() : this.#identifier();
      if (label instanceof Expression) throw new HclSyntax(label.start, 'the name of a block is an expression');
      labels.push(label);
    }
    return labels;
  }

  /** A value, or the whole expression where it is more than that. */
  #value(): HclValue {
    this.#skip(false);
    const start = this.#at;
    const value = this.#literal();
    if (value !== undefined) {
      const end = this.#at;
      this.#skip(false);
      if (this.#at >= this.#text.length || /[\n\r,\]})]/.test(this.#peek())) return value;
      this.#at = end;
    }
    this.#at = start;
    this.#skipExpression();
    return new Expression(this.#text.slice(start, this.#at).trim(), { start, end: this.#at });
  }

  #literal(): HclValue | undefined {
    const next = this.#peek();
    if (next === '"') return this.#string();
    if (next === '<') return this.#heredoc();
    if (next === '[') return this.#list();
    if (next === '{') return this.#object();
    const number = this.#match(NUMBER);
    if (number !== undefined) return Number(number);
    const start = this.#at;
    const word = this.#match(IDENTIFIER);
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === 'null') return null;
    if (word !== 'jsonencode' || this.#peek() !== '(') return undefined;
    this.#at += 1;
    this.#skip(true);
    const encoded = this.#value();
    this.#skip(true);
    if (!this.#take(')')) return undefined;
    return new Expression(this.#text.slice(start, this.#at), { start, end: this.#at }, encoded);
  }

  #string(): string | Expression {
    const start = this.#at++;
    let value = '';
    let isTemplate = false;
    while (this.#peek() !== '"') {
      const next = this.#peek();
      if (next === '' || next === '\n') throw new HclSyntax(start, 'a quote is not closed');
      if (/^(?:\$\$\{|%%\{)/.test(this.#text.slice(this.#at, this.#at + 3))) {
        value += this.#text.slice(this.#at + 1, this.#at + 3);
        this.#at += 3;
      } else if ((next === '$' || next === '%') && this.#peek(1) === '{') {
        isTemplate = true;
        this.#at += 1;
        this.#skipBrackets();
      } else if (next === '\\') {
        const [unicode, digits] = /^\\u([0-9a-fA-F]{4})/.exec(this.#text.slice(this.#at, this.#at + 6)) ?? [];
        const escaped = ESCAPES[this.#peek(1)];
        if (digits === undefined && escaped === undefined)
          throw new HclSyntax(this.#at, 'a "\\" stands before a character that needs none');
        value += digits === undefined ? (escaped ?? '') : String.fromCharCode(Number.parseInt(digits, 16));
        this.#at += unicode?.length ?? 2;
      } else {
        value += next;
        this.#at += 1;
      }
    }
    this.#at += 1;
    return isTemplate ? new Expression(this.#text.slice(start, this.#at), { start, end: this.#at }) : value;
  }

  #heredoc(): string | Expression | undefined {
    const start = this.#at;
    HEREDOC.lastIndex = start;
    const [head, indented, word] = HEREDOC.exec(this.#text) ?? [];
    if (head === undefined) return undefined;
    const from = start + head.length;
    const end = new RegExp(`^[ \\t]*${word}[ \\t]*$`, 'mu').exec(this.#text.slice(from));
    if (!end) throw new HclSyntax(start, `the text is not closed by ${word}`);
    const body = this.#text.slice(from, from + end.index);
    this.#at = from + end.index + end[0].length;
    if (/(?<![$%])[$%]\{/.test(body)) return new Expression(this.#text.slice(start, this.#at), { start, end: this.#at });
    const lines = body.replaceAll(/([$%])\1\{/g, '$1{').split('\n');
    const indent = indented
      ? Math.min(...lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0))
      : 0;
    return lines.map((line) => line.slice(Math.min(indent, line.length))).join('\n');
  }

  /** Undefined for anything but a list of values, such as `[for …]`. */
  #list(): readonly HclValue[] | undefined {
    this.#at += 1;
    const values: HclValue[] = [];
    for (this.#skip(true); !this.#take(']'); this.#skip(true)) {
      if (/^for\b/.test(this.#text.slice(this.#at, this.#at + 4))) return undefined;
      values.push(this.#value());
      this.#skip(true);
      if (!this.#take(',') && this.#peek() !== ']') throw new HclSyntax(this.#at, 'a "," or "]" is missing here');
    }
    return values;
  }

  #object(): HclObject | undefined {
    this.#at += 1;
    if (++this.#depth > DEEPEST) throw new HclSyntax(this.#at, 'its values are nested too deep');
    const values: Record<string, HclValue> = {};
    for (this.#skip(true); !this.#take('}'); this.#skip(true)) {
      const key = this.#peek() === '"' ? this.#string() : this.#match(IDENTIFIER);
      this.#skip(false);
      // Keys that are worked out, and "for".
      if (typeof key !== 'string' || (!this.#take('=') && !this.#take(':'))) {
        this.#depth -= 1;
        return undefined;
      }
      this.#skip(true);
      values[key] = this.#value();
      this.#skip(true);
      this.#take(',');
    }
    this.#depth -= 1;
    return values;
  }

  /** To the end of an expression: the end of its line, a comma, or what closes around it. */
  #skipExpression(): void {
    while (this.#at < this.#text.length && !/[\n,\]})]/.test(this.#peek())) {
      if (/[[{(]/.test(this.#peek())) this.#skipBrackets();
      else if (this.#peek() === '"') this.#string();
      else if (this.#heredoc() === undefined && !this.#comment()) this.#at += 1;
    }
  }

  #skipBrackets(): void {
    const start = this.#at;
    const closing = CLOSING[this.#peek()] as string;
    if (++this.#depth > DEEPEST) throw new HclSyntax(start, 'its brackets are nested too deep');
    this.#at += 1;
    while (this.#peek() !== closing) {
      if (this.#at >= this.#text.length) throw new HclSyntax(start, 'a bracket is not closed');
      if (/[[{(]/.test(this.#peek())) this.#skipBrackets();
      else if (this.#peek() === '"') this.#string();
      else if (this.#heredoc() === undefined && !this.#comment()) this.#at += 1;
    }
    this.#at += 1;
    this.#depth -= 1;
  }

  #identifier(): string {
    const found = this.#match(IDENTIFIER);
    if (found === undefined) throw new HclSyntax(this.#at, 'a name is missing here');
    return found;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new HclSyntax(this.#at, `a "${character}" is missing here`);
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) {
      if (this.#at >= this.#text.length) throw new HclSyntax(this.#text.length - 1, `it ends where a "${character}" is missing`);
      return false;
    }
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Blanks and comments, and line ends where they mean nothing. */
  #skip(lines: boolean): void {
    for (;;) {
      const next = this.#peek();
      if (next === ' ' || next === '\t' || (lines && (next === '\n' || next === '\r' || next === '\uFEFF'))) this.#at += 1;
      else if (!this.#comment()) return;
    }
  }

  /** Skips a comment, up to its line end; false where there is none. */
  #comment(): boolean {
    const start = this.#at;
    if (this.#text.startsWith('/*', start)) {
      const end = this.#text.indexOf('*/', start + 2);
      if (end < 0) throw new HclSyntax(start, 'a comment is not closed');
      this.#at = end + 2;
      return true;
    }
    if (this.#peek() !== '#' && !this.#text.startsWith('//', start)) return false;
    const end = this.#text.indexOf('\n', start);
    this.#at = end < 0 ? this.#text.length : end;
    return true;
  }

  #peek(ahead = 0): string {
    return this.#text.charAt(this.#at + ahead);
  }
}
