import { Command, InvalidArgumentError } from 'commander'
import { integerFrom, positive } from '../../../../src/cli/arguments.ts'
import { GATEWAYS } from '../contestants.ts'

export interface SoakCommand {
  readonly gateway: string
  readonly url?: string
  readonly pid?: number
  readonly metrics?: string
  readonly minutes: number
  readonly rate: number
  readonly seed: number
  readonly sampleSeconds: number
  readonly limit: number
  readonly out: string
}

function gatewayName(text: string): string {
  const names = GATEWAYS.map(({ name }) => name)
  if (!names.includes(text)) throw new InvalidArgumentError(`It must be one of ${names.join(', ')}, got "${text}".`)
  return text
}

function chatUrl(text: string): string {
  if (!URL.canParse(text)) throw new InvalidArgumentError(`It must be a URL with http:// in front, got "${text}".`)
  return text
}

/** @throws CommanderError for what cannot be read, and after --help */
export function soakCommand(argv: readonly string[]): SoakCommand {
  const command = new Command('soak')
    .description('Mixed requests at a fixed rate on one gateway for long, and what becomes of its memory')
    .option('--gateway <name>', 'which one to start, with a backend that answers at once', gatewayName, 'peerbandit')
    .option('--url <url>', 'in place of it: …/v1/chat/completions of one that runs, with models "instant" and "paced"', chatUrl)
    .option('--pid <n>', 'its process, with --url', integerFrom(1))
    .option('--metrics <url>', 'its page of metrics (default: /metrics there)', chatUrl)
    .option('--minutes <n>', 'how long', positive, 60)
    .option('--rate <n>', 'requests/s', positive, 50)
    .option('--seed <n>', 'decides which request comes when', integerFrom(0), 1)
    .option('--sample-seconds <n>', 'time between two looks at its memory, s', positive, 10)
    .option('--limit <mb>', 'memory may grow by this, MB an hour', positive, 5)
    .option('--out <file>', 'where everything goes, as JSON', '.peerbandit/soak.json')
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .parse(argv, { from: 'user' })
  const given = command.opts<SoakCommand>()
  if ((given.url === undefined) !== (given.pid === undefined)) command.error('error: --url and --pid go together')
  return given
}
