import { rival, scoreEach } from './rule.ts'
import { onOutcome, peerStates } from './seen.ts'

/** Sums over the successes of a peer, or of all. */
interface Totals {
  jobs: number
  prefillMs: number
  decodeMs: number
  promptTokens: number
  outputTokens: number
}

function noTotals(): Totals {
  return { jobs: 0, prefillMs: 0, decodeMs: 0, promptTokens: 0, outputTokens: 0 }
}

/** The mean time of a peer for a token times the mean number of tokens of all. */
function usualMs(ms: number, tokens: number, all: { readonly tokens: number; readonly jobs: number }): number {
  return (ms / Math.max(1, tokens)) * (all.tokens / all.jobs)
}

/**
 * The lowest time in the queue + prefill time per prompt token + decode time per output token, the last two means over all jobs times
 * the usual number of tokens. Nothing is forgotten, and the job's own size does not count. Who served nothing has means of 0 and
 * goes first.
 *
 * Departures: times are those that the router saw, up to the first token and after it, where the servers' own histograms tell them.
 * The time in the queue, which they tell too, is that of the jobs that wait by the last report, at the peer's mean time and slots.
 */
export const aibrixLeastLatency = rival(
  {
    id: 'aibrix-least-latency',
    title: 'AIBrix least latency',
    source: 'vllm-project/aibrix, pkg/plugins/gateway/algorithms/least_latency.go at 0338af7'
  },
  ({ table }) => {
    const totals = peerStates(table, noTotals)
    const all = noTotals()
    onOutcome(table, (peer, { outcome, promptTokens }) => {
      if (!outcome.ok) return
      for (const sums of [totals.of(peer), all]) {
        sums.jobs += 1
        sums.prefillMs += outcome.firstTokenMs
        sums.decodeMs += Math.max(0, outcome.durationMs - outcome.firstTokenMs)
        sums.promptTokens += promptTokens
        sums.outputTokens += outcome.outputTokens
      }
    })
    return scoreEach((row, { atMs }) => {
      const own = totals.find(table.peerAt(row))
      if (own === undefined) return 0
      const { load } = table.evidence(row, atMs)
      const queueMs =
        load === undefined ? 0 : (load.queued / Math.max(1, load.slots)) * ((own.prefillMs + own.decodeMs) / own.jobs)
      const prefillMs = usualMs(own.prefillMs, own.promptTokens, { tokens: all.promptTokens, jobs: all.jobs })
      return -(queueMs + prefillMs + usualMs(own.decodeMs, own.outputTokens, { tokens: all.outputTokens, jobs: all.jobs }))
    })
  }
)
