import { Command, InvalidArgumentError } from 'commander'
import { integerFrom } from '../../../src/cli/arguments.ts'
import { DIRECT, GATEWAYS } from './contestants.ts'
import type { Plan } from './measure.ts'

export interface GatewayBenchOptions {
  readonly plan: Plan
  /** Of gateways; going direct is always measured. */
  readonly names: readonly string[]
  readonly json: boolean
}

const FULL: Plan = {
  rounds: 5,
  seed: 1,
  warmUpMs: 3000,
  latencyMs: 2000,
  throughputMs: 3000,
  connections: 32,
  floodMs: 3000,
  floodTokens: 500,
  streams: 8,
  pacedMs: 3000,
  pacedTokens: 50,
  pacedStreams: 16,
  pacedIntervalMs: 20,
  requests: 20_000
}

/** Under a minute, for a look. */
const QUICK: Plan = {
  ...FULL,
  rounds: 3,
  warmUpMs: 200,
  latencyMs: 300,
  throughputMs: 400,
  floodMs: 300,
  floodTokens: 100,
  pacedMs: 500,
  pacedTokens: 10,
  pacedStreams: 8,
  requests: 300
}

function namesIn(text: string): string[] {
  const known = [DIRECT, ...GATEWAYS.map(({ name }) => name)]
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new InvalidArgumentError(`It must be of ${known.join(', ')}, with commas between, got ${unknown.join(', ')}.`)
  return names
}

interface Given {
  readonly quick?: true
  readonly json?: true
  readonly only: readonly string[]
  readonly rounds?: number
  readonly requests?: number
  readonly connections?: number
  readonly seed?: number
}

/** @throws CommanderError for what cannot be read, and after --help */
export function gatewayBenchOptions(argv: readonly string[]): GatewayBenchOptions {
  const command = new Command('bench:gateway')
    .description('Latency, throughput, streams and memory of gateways beside going direct, in one run on this machine')
    .option('--quick', `${QUICK.rounds} short rounds and ${QUICK.requests} requests for memory: under a minute`)
    .option('--only <list>', 'who takes part, with commas between; direct always does', namesIn, [
      DIRECT,
      ...GATEWAYS.map(({ name }) => name)
    ])
    .option('--rounds <n>', `rounds (default: ${FULL.rounds})`, integerFrom(1, 1000))
    .option('--requests <n>', `requests that memory is measured over (default: ${FULL.requests})`, integerFrom(1))
    .option('--connections <n>', `requests at a time for requests/s (default: ${FULL.connections})`, integerFrom(1, 10_000))
    .option('--seed <n>', `decides who has a turn when (default: ${FULL.seed})`, integerFrom(0))
    .option('--json', 'all that was seen, as JSON in place of the tables')
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .parse(argv, { from: 'user' })
  const { quick, json, only, ...changes } = command.opts<Given>()
  return { plan: { ...(quick ? QUICK : FULL), ...changes }, names: only.filter((name) => name !== DIRECT), json: json ?? false }
}
