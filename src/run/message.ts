/** A message to whoever runs the program: what is written to stderr. */
export interface Message {
  /** `debug`: what is told with --verbose alone. */
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
  /** Of an error, such as `AUTH`. */
  readonly code?: string;
  readonly registry?: string;
  readonly repository?: string;
}

/** A message as people read it, with its line breaks. */
export function messageText({ level, message, hint }: Message): string {
  const head = level === 'warning' || level === 'error' ? `${level}: ` : '';
  return `${head}${message}\n${hint === undefined || hint === '' ? '' : `hint: ${hint}\n`}`;
}

/** The message that a text for people is. */
export function messageInText(text: string): Message {
  const [, level, message, hint] = /^(?:(error|warning): )?(.*?)(?:\nhint: (.*))?$/s.exec(text.trimEnd()) as unknown as [
    string,
    Message['level'] | undefined,
    string,
    string | undefined,
  ];
  return { level: level ?? 'info', message, ...(hint !== undefined && { hint }) };
}
