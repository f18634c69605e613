import type { RivalComponents } from './rival.ts'
import { rival, rouletteScore, scoreEach } from './rule.ts'
import { jobTokensPerSecond, moved, peerStates } from './seen.ts'

/** Share of the newest sample, in a peer's average and in that of all peers. */
const PEER_SHARE = 0.5
const FLEET_SHARE = 0.2
const BANDWIDTH_WEIGHT = 0.5

interface Metrics {
  connectMs?: number
  firstByteMs?: number
  /** tokens/s */
  bandwidth?: number
  /** 0–1 */
  success?: number
}
type Measured = Exclude<keyof Metrics, 'success'>

/** e^(−x / mean of all): 1 for nothing, e^−1 for the mean, which is also what an unknown x is taken for. */
function decayed(own: number | undefined, fleet: number | undefined): number {
  const mean = fleet !== undefined && fleet > 0 ? fleet : 1
  return Math.exp(-(own ?? mean) / mean)
}

interface LassieParameters {
  readonly bandwidthPoints: (decay: number) => number
  /** The score by which candidates are ordered, from their points. */
  readonly scoreOf: (points: number) => number
}

function lassieRule({ table }: RivalComponents, { bandwidthPoints, scoreOf }: LassieParameters) {
  const metrics = peerStates<Metrics>(table, () => ({}))
  const fleet: Metrics = {}
  const learn = (own: Metrics, metric: Measured, sample: number) => {
    own[metric] = moved(own[metric], sample, PEER_SHARE)
    fleet[metric] = moved(fleet[metric], sample, FLEET_SHARE)
  }
  table.subscribe((peer, observation) => {
    if (observation.kind === 'ping') learn(metrics.of(peer), 'connectMs', observation.rttMs)
    if (observation.kind !== 'outcome') return
    const { outcome } = observation
    const own = metrics.of(peer)
    own.success = moved(own.success, outcome.ok ? 1 : 0, PEER_SHARE)
    if (!outcome.ok) return
    learn(own, 'firstByteMs', outcome.firstTokenMs)
    learn(own, 'bandwidth', jobTokensPerSecond(outcome))
  })
  return scoreEach((row) => {
    const own = metrics.find(table.peerAt(row)) ?? {}
    const times = decayed(own.connectMs, fleet.connectMs) + decayed(own.firstByteMs, fleet.firstByteMs)
    const bandwidth = BANDWIDTH_WEIGHT * bandwidthPoints(decayed(own.bandwidth, fleet.bandwidth))
    return scoreOf(times + bandwidth + (own.success ?? 1))
  })
}

function rouletteOf({ rng }: RivalComponents): (points: number) => number {
  return (points) => rouletteScore(rng, points)
}

/** The faster, the more points. */
function upright(decay: number): number {
  return 1 - decay
}

/**
 * A roulette on e^(−connect/mean) + e^(−first byte/mean) + 0.5·e^(−bandwidth/mean) + success. The sign of the bandwidth is as
 * shipped: the faster a peer, the fewer its points.
 *
 * Departures, for all three: the round trip of a ping stands for the time to connect, and tokens/s for bytes/s; averages are not cut to
 * whole numbers. Nobody here has verified deals or fast retrieval to tell of. It chooses among the eligible of one job, where
 * Lassie tries all providers one after the other.
 */
export const lassie = rival(
  {
    id: 'lassie',
    title: 'Lassie, as shipped',
    source: 'filecoin-project/lassie, pkg/session/state.go and pkg/session/config.go at c6ba777'
  },
  (components) => lassieRule(components, { bandwidthPoints: (decay) => decay, scoreOf: rouletteOf(components) })
)

/** The same with the bandwidth the right way round: 0.5·(1 − e^(−bandwidth/mean)). */
export const lassieCorrected = rival(
  {
    id: 'lassie-corrected',
    title: 'Lassie, bandwidth corrected',
    source: 'filecoin-project/lassie, pkg/session/state.go at c6ba777, with expDecay turned round for the bandwidth'
  },
  (components) => lassieRule(components, { bandwidthPoints: upright, scoreOf: rouletteOf(components) })
)

/** The corrected points without the roulette: always the best. */
export const lassieGreedy = rival(
  {
    id: 'lassie-greedy',
    title: 'Lassie, bandwidth corrected, without randomness',
    source: 'filecoin-project/lassie, pkg/session/state.go at c6ba777, with the order of its scores in place of the roulette'
  },
  (components) => lassieRule(components, { bandwidthPoints: upright, scoreOf: (points) => points })
)
