import { PHASES, type Round } from './measure.ts'
import { overRounds, type Rounds } from './statistics.ts'

/** What is told of a contestant: each over the rounds, undefined where nothing right came back. */
export interface Figures {
  /** Of an answer whole, one request at a time. */
  readonly p50Ms: Rounds | undefined
  readonly p99Ms: Rounds | undefined
  /** The same less that of going direct in the same round. */
  readonly addedP50Ms: Rounds | undefined
  readonly addedP99Ms: Rounds | undefined
  /** Answers whole, many requests at a time. */
  readonly requestsPerSecond: Rounds | undefined
  readonly loadedP50Ms: Rounds | undefined
  readonly loadedP99Ms: Rounds | undefined
  /** To the first byte of a fast stream, less that of going direct. */
  readonly addedFirstByteMs: Rounds | undefined
  /** Fast streams: time over tokens, less that of going direct. */
  readonly addedUsPerToken: Rounds | undefined
  /** Streams with a token at a time: from when one was sent to when it came, less that of going direct. */
  readonly addedTokenDelayP50Us: Rounds | undefined
  readonly addedTokenDelayP99Us: Rounds | undefined
  /** Answers that were wrong or did not come, of all rounds. */
  readonly failures: Readonly<Record<string, number>>
}

type Reading = (round: Round) => number | undefined

const p50Ms: Reading = ({ alone }) => alone.latencyMs?.p50
const p99Ms: Reading = ({ alone }) => alone.latencyMs?.p99
const firstByteMs: Reading = ({ flood }) => flood.firstByteMs?.p50
const usPerToken: Reading = ({ flood }) => (flood.tokensPerSecond > 0 ? 1e6 / flood.tokensPerSecond : undefined)
const tokenDelayP50Us: Reading = ({ paced }) => paced.tokenDelayUs?.p50
const tokenDelayP99Us: Reading = ({ paced }) => paced.tokenDelayUs?.p99

function sumOf(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const [what, count] of all.flatMap((each) => Object.entries(each))) sum[what] = (sum[what] ?? 0) + count
  return sum
}

/** @param direct the same rounds without a gateway; those of `rounds` themselves for going direct */
export function figuresOf(rounds: readonly Round[], direct: readonly Round[]): Figures {
  const plain = (read: Reading) => overRounds(rounds.map(read))
  const added = (read: Reading) =>
    overRounds(
      rounds.map((round, i) => {
        const [through, without] = [read(round), read(direct[i])]
        return through === undefined || without === undefined ? undefined : through - without
      })
    )
  return {
    p50Ms: plain(p50Ms),
    p99Ms: plain(p99Ms),
    addedP50Ms: added(p50Ms),
    addedP99Ms: added(p99Ms),
    requestsPerSecond: plain(({ loaded }) => (loaded.answers > 0 ? loaded.answersPerSecond : undefined)),
    loadedP50Ms: plain(({ loaded }) => loaded.latencyMs?.p50),
    loadedP99Ms: plain(({ loaded }) => loaded.latencyMs?.p99),
    addedFirstByteMs: added(firstByteMs),
    addedUsPerToken: added(usPerToken),
    addedTokenDelayP50Us: added(tokenDelayP50Us),
    addedTokenDelayP99Us: added(tokenDelayP99Us),
    failures: sumOf(rounds.flatMap((round) => PHASES.map((phase) => round[phase].failures)))
  }
}
