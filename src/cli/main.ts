#!/usr/bin/env node
import { Command } from 'commander'
import { demoCommand } from './commands/demo.ts'
import { inferCommand } from './commands/infer.ts'
import { journalCommand } from './commands/journal.ts'
import { modelCommand } from './commands/model.ts'
import { peersCommand } from './commands/peers.ts'
import { predictCommand } from './commands/predict.ts'
import { simulateCommand } from './commands/simulate.ts'
import { trainCommand } from './commands/train.ts'
import { workerCommand } from './commands/worker.ts'
import { exitStatusOf, report } from './exit.ts'
import { packageVersion } from './package-version.ts'

const program = new Command('peerbandit')
  .description('Chooses which peer of a P2P inference network gets the next job, and gets better with every job.')
  .version(packageVersion())
  .showHelpAfterError('(add --help for the options)')

const commands = [
  ...[demoCommand(), workerCommand(), inferCommand(), peersCommand(), journalCommand(), simulateCommand()],
  ...[trainCommand(), predictCommand(), modelCommand()]
]
for (const command of commands) program.addCommand(command)

/** Commander ends the process itself unless every command is told to throw. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride()
  command.commands.forEach(throwInsteadOfExit)
}
throwInsteadOfExit(program)

try {
  await program.parseAsync()
} catch (error) {
  report(error)
  process.exitCode = exitStatusOf(error)
}
