import { eachCandidate, pickOne, rival } from './rule.ts'
import { peerStates } from './seen.ts'

/** Weight of a peer that claims no speed, as of a host without a weight. */
const DEFAULT_WEIGHT = 1

/**
 * Turns by earliest deadline, a peer's next one 1/weight later, where a weight w becomes w / (n + 1) with n own jobs in flight: what
 * Envoy does where weights differ.
 *
 * Departure: the weights, which an operator sets there, are the claimed speeds.
 */
export const envoyLeastRequest = rival(
  {
    id: 'envoy-least-request',
    title: 'Envoy weighted least request',
    source:
      'envoyproxy/envoy, docs/root/intro/arch_overview/upstream/load_balancing/load_balancers.rst (weighted least request, active_request_bias 1)'
  },
  ({ table, rng }) => {
    const turns = peerStates<{ deadline?: number }>(table, () => ({}))
    let now = 0
    return pickOne((view) => {
      const { rows, atMs } = view
      const stepOf = (row: number, inFlight: number) => {
        const claimed = table.evidence(row, atMs).claims?.tokensPerSecond ?? 0
        return (inFlight + 1) / (claimed > 0 ? claimed : DEFAULT_WEIGHT)
      }
      const candidates = eachCandidate(view, (row) => turns.of(table.peerAt(row)))
      for (const [i, turn] of candidates.entries()) {
        // A random part of the first step, so that routers that start together do not go round together.
        turn.deadline ??= now + rng.next() * stepOf(rows[i], table.inFlight(rows[i]))
      }
      const deadlines = candidates.map(({ deadline = 0 }) => deadline)
      const next = deadlines.indexOf(Math.min(...deadlines))
      now = Math.max(now, deadlines[next])
      candidates[next].deadline = now + stepOf(rows[next], table.inFlight(rows[next]) + 1)
      return next
    })
  }
)
