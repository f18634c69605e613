import { workTokens } from '../../job/job.ts'
import { rival, scoreEach } from './rule.ts'
import { peerStates } from './seen.ts'

/** Share of the newest ping in the average. */
const PING_ALPHA = 0.2
const PING_EXPIRES_MS = 300_000
/** One way, where no ping is known and at most, s. */
const UNKNOWN_DELAY_S = 0.15
const MAX_DELAY_S = 5
/** What serialization costs, and what a server without room for the job costs, s. */
const OVERHEAD_S = 0.018
const NO_ROOM_S = 10
/** Speed where none is claimed, tokens/s. */
const DEFAULT_TOKENS_PER_SECOND = 300

interface Ping {
  rttMs: number
  atMs: number
}

function delaySeconds(ping: Ping | undefined, nowMs: number): number {
  if (ping === undefined || nowMs - ping.atMs > PING_EXPIRES_MS) return UNKNOWN_DELAY_S
  return Math.min(ping.rttMs / 2000, MAX_DELAY_S)
}

/**
 * The lowest rtt/2 + 18 ms + work / claimed speed + rtt/2, and 10 s more where there is no room.
 *
 * Departures: one server holds the whole model, so the shortest path has one hop, and it is paid once a job: here answers are
 * streamed. No room means that the last report had every slot taken, as there is no cache to ask about. Every ping of the router
 * counts, not three a minute. Its bans give way to the health gate that all share.
 */
export const petals = rival(
  {
    id: 'petals',
    title: 'Petals, minimum latency',
    source: 'bigscience-workshop/petals, src/petals/client/routing/sequence_manager.py and src/petals/utils/ping.py at 22afba6'
  },
  ({ table }) => {
    const pings = peerStates<Ping>(table, () => ({ rttMs: Infinity, atMs: -Infinity }))
    table.subscribe((peer, observation, atMs) => {
      if (observation.kind !== 'ping' && observation.kind !== 'ping-failed') return
      const ping = pings.of(peer)
      const sample = observation.kind === 'ping' ? observation.rttMs : Infinity
      const isFresh = atMs - ping.atMs <= PING_EXPIRES_MS && ping.rttMs < Infinity
      ping.rttMs = isFresh ? PING_ALPHA * sample + (1 - PING_ALPHA) * ping.rttMs : sample
      ping.atMs = atMs
    })
    return scoreEach((row, { atMs }, { promptTokens, expectedOutputTokens }) => {
      const { claims, load } = table.evidence(row, atMs)
      const claimed = claims !== undefined && claims.tokensPerSecond > 0 ? claims.tokensPerSecond : DEFAULT_TOKENS_PER_SECOND
      const isFull = load !== undefined && load.running + load.queued >= load.slots
      const networkSeconds = 2 * delaySeconds(pings.find(table.peerAt(row)), atMs) + OVERHEAD_S
      return -(networkSeconds + (isFull ? NO_ROOM_S : 0) + workTokens(promptTokens, expectedOutputTokens) / claimed)
    })
  }
)
