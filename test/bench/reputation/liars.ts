import type { Summary } from '../../../src/reputation/summary.ts'
import { trueCostMs, type TruePeer } from './world.ts'

/**
 * How routers lie. All of them know the truth, which is more than any real one does. `mirror`: the good slandered, the bad praised, always.
 * `turncoat`: the truth until half-time, then mirror. `careful`: mirror only for peers that no honest router told of, where nobody can hold
 * it against them. `targeted`: the truth but for the five best peers and the five worst.
 */
export const LIES = ['mirror', 'turncoat', 'careful', 'targeted'] as const
export type Lie = (typeof LIES)[number]

/** Outcomes that a liar claims to have of every peer. */
const CLAIMED = 500
/** Of the targeted lie, at either end. */
const TARGETS = 5

/** The good slandered, the bad praised: fast is slow, reliable fails nine times in ten. */
function mirrored(peer: TruePeer, meanLogPace: number): TruePeer {
  return { ...peer, logPace: 2 * meanLogPace - peer.logPace, failureRatio: peer.failureRatio > 0.2 ? 0.01 : 0.9 }
}

interface Told {
  /** Whether it has turned: a turncoat tells the truth before. */
  readonly turned: boolean
  /** Peers that honest routers told of: a careful liar lies of none that it could be held against. */
  readonly toldByOthers: ReadonlySet<string>
}

/** What a liar tells at a moment. */
export function lieOf(lie: Lie, router: string, peers: readonly TruePeer[], { turned, toldByOthers }: Told) {
  const meanLogPace = peers.reduce((sum, { logPace }) => sum + logPace, 0) / peers.length
  const byCost = [...peers].sort((a, b) => trueCostMs(a) - trueCostMs(b))
  const targets = new Set([...byCost.slice(0, TARGETS), ...byCost.slice(-TARGETS)])
  const honest = (peer: TruePeer) =>
    (lie === 'turncoat' && !turned) ||
    (lie === 'careful' && toldByOthers.has(peer.id)) ||
    (lie === 'targeted' && !targets.has(peer))
  const tell = (atMs: number): Summary => ({
    router,
    sequence: Math.floor(atMs),
    atMs: Math.floor(atMs),
    peers: peers.map((peer) => {
      const { id, logPace, failureRatio } = honest(peer) ? peer : mirrored(peer, meanLogPace)
      const successes = CLAIMED * (1 - failureRatio)
      return { peer: id, successes, failures: CLAIMED * failureRatio, paceWeight: successes, paceSum: successes * logPace }
    })
  })
  return tell
}
