import { Command, CommanderError, Option } from 'commander';
import { ChangeGuard } from '../diagnostics/change-guard.ts';
import { EXIT } from '../diagnostics/exit-codes.ts';
import { flushOutput, guardOutput } from '../diagnostics/guard-output.ts';
import { applyCommand } from './commands/apply.ts';
import { completeWordsCommand } from './commands/complete-words.ts';
import { completionCommand } from './commands/completion.ts';
import { copyCommand } from './commands/copy.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { forecastCommand } from './commands/forecast.ts';
import { generateCommand } from './commands/generate.ts';
import { initCommand } from './commands/init.ts';
import { inventoryCommand } from './commands/inventory.ts';
import { policyCommand } from './commands/policy.ts';
import { pruneCommand } from './commands/prune.ts';
import { reportCommand } from './commands/report.ts';
import { showCommand } from './commands/show.ts';
import { undoCommand } from './commands/undo.ts';
import { examples, helpEnd } from './help.ts';
import { Activity } from '../run/activity.ts';
import { allWritten } from '../run/answer.ts';
import type { GlobalOptions } from '../run/context.ts';
import { startHeartbeat } from '../run/heartbeat.ts';
import { type Io, say, tell, widthOf } from '../run/io.ts';
import { ourWords } from './other-words.ts';
import type { ToolError } from '../diagnostics/tool-error.ts';
import type { CommandContext } from './command-context.ts';
import { rememberGivenSecrets } from './given-secrets.ts';
import { packageRoot } from './package-root.ts';
import { stoppedBy } from '../run/stop.ts';

/** Runs one command line (without `node` and the script) and answers the exit code. Writes to the streams of `io` alone. */
export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  guardOutput(io.stdout, 'answer');
  guardOutput(io.stderr, 'messages');
  rememberGivenSecrets(argv);
  const { code, error } = await runCommand(argv, io);
  flushOutput(io.stdout);
  try {
    await allWritten(io.stdout);
    return code;
  } catch (unwritten) {
    const told = unwritten === error ? code : await toldError(unwritten, io);
    return code === EXIT.done || code === EXIT.planned ? told : code;
  }
}

/** What a command line came to. */
interface Ended {
  readonly code: number;
  /** What it was ended by, told already. */
  readonly error?: unknown;
}

async function runCommand(argv: readonly string[], io: Io): Promise<Ended> {
  const { version } = packageRoot();
  let code: number = EXIT.done;
  let endHeartbeat = (): void => {};
  const end = (result: number): void => void (code = result);
  const context = { io, argv, version, activity: new Activity(io.now), changes: new ChangeGuard(), runProgram, end };
  const program = buildProgram(context);
  program.hook('preAction', (_program, command) => {
    const options = command.optsWithGlobals<GlobalOptions & { readonly maxDuration?: number }>();
    if (options.maxDuration !== undefined) io.endsIn?.(options.maxDuration);
    endHeartbeat = startHeartbeat(context, options);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return { code };
  } catch (error) {
    // Commander has written its message already; help and --version end in the same way.
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return { code: EXIT.done };
      await measureMistake(commandIn(program, argv), argv, context);
      return { code: EXIT.usage };
    }
    const stopped = stoppedBy(io.signal);
    if (stopped && (error as Error).name === 'AbortError') {
      say(io, stopped.message);
      return { code: stopped.exitCode };
    }
    const told = await toldError(error, io);
    if ((error as Partial<ToolError>).code === 'USAGE') say(io, helpLine(nameOf(commandIn(program, argv))));
    return { code: told, error };
  } finally {
    endHeartbeat();
  }
}

/** Tells an error and answers the exit code that it leads to. */
async function toldError(error: unknown, io: Io): Promise<number> {
  const { exitCodeOf, messageOfError } = await import('../run/error-message.ts');
  tell(io, messageOfError(error, packageRoot().version));
  return stoppedBy(io.signal)?.exitCode ?? exitCodeOf(error);
}

/** The whole surface of the program. What the commands do is loaded when they are called, so that help is shown at once. */
function buildProgram(context: CommandContext): Command {
  const { io, version } = context;
  const program = new Command(io.program)
    .version(version, '-V, --version', 'print the version')
    .option('-q, --quiet', 'say nothing but the answer and errors')
    .option('-v, --verbose', 'say what is being done, each request too, and list every image')
    .option('--no-color', 'no colour')
    .addOption(new Option('--log-format <format>', 'how messages are written to stderr').choices(['text', 'json']).default('text'))
    .description(
      'Deletes the images of container registries that no policy keeps. Shows what would go, and why; deletes only with --apply.\n\n' +
        examples(io.program, [
          ['see it at work, with nothing installed', 'demo'],
          ['what would go?', "prune registry.example.com/team/app --tags 'v*' --keep-last 10 --keep-days 30"],
          ['carry a policy out, in a nightly job', 'prune --registry registry.example.com -p policies/nightly.yaml --apply'],
          ['why does this one stay, or go?', 'explain registry.example.com/team/app:v1.2.3 -p policies/nightly.yaml'],
        ]),
    )
    .helpCommand('help [command]', 'show what a command can do')
    .addHelpText('after', () => helpEnd(widthOf(io.stdout)));
  const commands = [
    pruneCommand,
    applyCommand,
    showCommand,
    undoCommand,
    explainCommand,
    copyCommand,
    forecastCommand,
    inventoryCommand,
    policyCommand,
    generateCommand,
    initCommand,
    doctorCommand,
    reportCommand,
    completionCommand,
    demoCommand,
  ];
  for (const command of commands) program.addCommand(command(context));
  program.addCommand(completeWordsCommand(context), { hidden: true });
  for (const command of withSubcommands(program)) configure(command, io);
  return program;
}

/** Leaves the metrics of a command line that cannot be understood, where it says so that they can be told. */
async function measureMistake(command: Command, argv: readonly string[], context: CommandContext): Promise<void> {
  const valueOf = (name: string): string | undefined => {
    if (!command.options.some(({ long }) => long === name)) return undefined;
    const at = argv.findLastIndex((word) => word === name || word.startsWith(`${name}=`));
    const value = argv[at]?.includes('=') ? argv[at].slice(name.length + 1) : argv[at + 1];
    return at < 0 || value === '' || value?.startsWith('-') ? undefined : value;
  };
  const [metricsFile, pushMetrics] = [valueOf('--metrics-file'), valueOf('--push-metrics')];
  if (metricsFile === undefined && pushMetrics === undefined) return;
  const { measureUsage } = await import('../run/measured.ts');
  await measureUsage(
    command.name() as Parameters<typeof measureUsage>[0],
    { color: false, ...(metricsFile !== undefined && { metricsFile }), ...(pushMetrics !== undefined && { pushMetrics }) },
    context,
  );
}

/** The command that a command line calls, however far it was understood. */
function commandIn(program: Command, argv: readonly string[]): Command {
  let command = program;
  for (const word of argv) command = command.commands.find((one) => one.name() === word) ?? command;
  return command;
}

/** Its name as it is typed: `regctl policy check`. */
function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

function helpLine(command: string): string {
  return `"${command} --help" shows examples and all that it takes.`;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** What a command takes, for advice about what it does not. */
function asked({ options, registeredArguments }: Command): Parameters<typeof ourWords>[2] {
  return {
    options: options.flatMap(({ long, short }) => [long, short].filter((name) => typeof name === 'string')),
    takesRepositories: registeredArguments.some((argument) => argument.name() === 'registry/repo'),
  };
}

/** Where an option stands that a command does not know, while its subcommands do: it was written without one of these. */
function subcommandsWith(message: string, command: Command): string | undefined {
  const [, option] = /^error: unknown option '(--[^'=]+)/.exec(message) ?? [];
  if (option === undefined || !command.parent) return undefined;
  const names = command.commands.filter(({ options }) => options.some(({ long }) => long === option)).map(nameOf);
  if (names.length === 0) return undefined;
  const all = names.join(', ').replace(/, (?=[^,]*$)/, ' or ');
  return `${option} belongs behind ${all}.`;
}

/** A command in the list of commands: its name and what it takes. That each has options goes without saying, and takes the room. */
function commandTerm(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}

/** Commands made on their own inherit nothing, so each is told where to write. */
function configure(command: Command, { stdout, stderr, program }: Io): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'show this')
    .configureHelp({ showGlobalOptions: true, subcommandTerm: commandTerm })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => {
        const advice = subcommandsWith(text, command) ?? ourWords(text, program, asked(command));
        // What is nearest by its letters is then not what is meant.
        const message = advice === undefined ? text : `${text.replace(/\(Did you mean .*\)\n/, '')}hint: ${advice}\n`;
        write(`${message}${helpLine(nameOf(command))}\n`);
      },
      getOutHelpWidth: () => Math.min(widthOf(stdout) ?? 100, 120),
      getErrHelpWidth: () => Math.min(widthOf(stderr) ?? 100, 120),
    });
}
