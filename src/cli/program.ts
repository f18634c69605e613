import { Command } from 'commander'
import { artefactCommand } from './commands/artefact.ts'
import { configCommand } from './commands/config.ts'
import { demoCommand } from './commands/demo.ts'
import { gossipParamsCommand } from './commands/gossip-params.ts'
import { gossipScoreCommand } from './commands/gossip-score.ts'
import { inferCommand } from './commands/infer.ts'
import { initCommand } from './commands/init.ts'
import { journalCommand } from './commands/journal.ts'
import { modelCommand } from './commands/model.ts'
import { peersCommand } from './commands/peers.ts'
import { predictCommand } from './commands/predict.ts'
import { serveCommand } from './commands/serve.ts'
import { simulateCommand } from './commands/simulate.ts'
import { trainCommand } from './commands/train.ts'
import { workerCommand } from './commands/worker.ts'
import { addHelpTexts } from './help-text.ts'
import { packageVersion } from './package-version.ts'

/** The command line: every command with its help. Errors are thrown, also where commander would end the process. */
export function peerbanditProgram(): Command {
  const program = new Command('peerbandit')
    .description('Chooses which peer of a P2P inference network gets the next job, and gets better with every job.')
    .version(packageVersion())
    .showHelpAfterError('(add --help for the options)')
  const commands = [
    ...[serveCommand(), initCommand(), configCommand(), demoCommand()],
    ...[workerCommand(), inferCommand(), peersCommand(), journalCommand(), simulateCommand()],
    ...[trainCommand(), predictCommand(), modelCommand(), artefactCommand()],
    ...[gossipParamsCommand(), gossipScoreCommand()]
  ]
  for (const command of commands) program.addCommand(command)
  addHelpTexts(program)
  throwInsteadOfExit(program)
  return program
}

/** Commander ends the process itself unless every command is told to throw. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride()
  command.commands.forEach(throwInsteadOfExit)
}
