import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import type { DemoOptions } from '../demo.ts';
import { examples } from '../help.ts';

/** `demo`: all of it on an embedded registry. */
export function demoCommand(context: CommandContext): Command {
  return new Command('demo')
    .summary('all of it on a registry of its own, with nothing installed')
    .description(
      'Starts a registry on this machine with a history of images in it, plans, deletes, and puts everything back.\n\n' +
        examples(context.io.program, [['leave the registry running to try things on', 'demo --serve']]),
    )
    .option('--serve', 'only start the registry, and leave it running until Ctrl-C')
    .action(async (_options, self: Command) => {
      const { demo } = await import('../demo.ts');
      context.end(await demo(self.optsWithGlobals<DemoOptions>(), context));
    });
}
