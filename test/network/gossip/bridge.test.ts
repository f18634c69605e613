import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { type Clock, manualClock, systemClock } from '../../../src/core/clock.ts'
import { GIST_THRESHOLDS } from '../../../src/gossip/peer-score/gist-params.ts'
import { gossipService, type GossipServiceOptions } from '../../../src/network/gossip/gossip-service.ts'
import { internalsOf } from '../../../src/network/gossip/internals.ts'
import { repairScores } from '../../../src/network/gossip/score-repairs.ts'
import type { Observation } from '../../../src/peer/observation.ts'
import type { NetworkNode } from '../../../src/network/node.ts'
import { peerTable } from '../../../src/peer/peer-table.ts'
import { reputation } from '../../../src/scoring/factors/reputation.ts'
import { startNode } from '../support.ts'
import { someParams } from '../../gossip/peer-score/params.ts'
import { atHeartbeat, type GossipNode, isMeshPeer, startGossipNode, UNSIGNED } from './support.ts'

const TOPIC = 'jobs'
const LABEL = 'graft_backoff' as never
// On one host all peers have one address.
const SCORE_PARAMS = someParams({ meshMessageDeliveriesActivation: 1e9 }, { IPColocationFactorWeight: 0 })

const started = (options: Partial<GossipServiceOptions> = {}) =>
  startGossipNode(gossipService({ scoreParams: SCORE_PARAMS, scoreThresholds: GIST_THRESHOLDS, gossipsub: UNSIGNED, ...options }))
const idOf = (node: GossipNode) => node.peerId.toString()
const scoreOf = (node: GossipNode) => internalsOf(node.services.pubsub).score
const gone = (node: GossipNode, peer: GossipNode) =>
  atHeartbeat(node.services.pubsub, () => !node.services.pubsub.getPeers().some((id) => id.toString() === idOf(peer)))
const there = (node: GossipNode, peer: GossipNode) =>
  atHeartbeat(node.services.pubsub, () => node.services.pubsub.getPeers().some((id) => id.toString() === idOf(peer)))

async function join(node: GossipNode, peer: GossipNode): Promise<void> {
  await peer.dial(node.getMultiaddrs())
  await there(node, peer)
}

async function leave(node: GossipNode, peer: GossipNode): Promise<void> {
  await peer.hangUp(node.peerId)
  await gone(node, peer)
}

/** A job of ten tokens. @param durationMs that it took; undefined where it failed */
function outcome(durationMs: number | undefined): Observation {
  const job = { kind: 'outcome', promptTokens: 0, expectedOutputTokens: 10, inFlightAtDispatch: 0 } as const
  return durationMs === undefined
    ? { ...job, outcome: { ok: false, durationMs: 1000, reason: 'timeout' } }
    : { ...job, outcome: { ok: true, durationMs, firstTokenMs: 100, outputTokens: 10 } }
}

describe('a peer that connects anew', () => {
  it.each([
    { given: 'repaired scores', service: undefined, left: -490 },
    {
      given: 'gossipsub as it is',
      service: gossipsub({ ...UNSIGNED, scoreParams: SCORE_PARAMS, scoreThresholds: GIST_THRESHOLDS }),
      left: 0
    }
  ])('has $left points of −490 with $given', async ({ service, left }) => {
    const [node, peer] = await Promise.all([service === undefined ? started() : startGossipNode(service), startGossipNode()])
    await join(node, peer)
    const score = scoreOf(node)
    score.addPenalty(idOf(peer), 7, LABEL)
    await leave(node, peer)
    expect(score.peerStats.get(idOf(peer))).toMatchObject({ connected: false, behaviourPenalty: 7 })
    // No decay in between: the score is what was kept.
    score.background = () => undefined
    await join(node, peer)
    expect(score.peerStats.get(idOf(peer))?.connected).toBe(true)
    expect(score.score(idOf(peer))).toBe(left)
  })

  it('is counted at its address once, and no longer when it is forgotten', async () => {
    const [node, peer] = await Promise.all([started(), startGossipNode()])
    const score = scoreOf(node)
    for (let i = 0; i < 2; i += 1) {
      await join(node, peer)
      expect([...score.peerIPs.entries()].map(([ip, peers]) => [ip, peers.size])).toEqual([['127.0.0.1', 1]])
      score.addPenalty(idOf(peer), 1, LABEL)
      await leave(node, peer)
    }
    score.peerStats.forEach((stats) => (stats.expire = 0))
    score.refreshScores()
    expect([score.peerStats.size, score.peerIPs.size, score.scoreCache.size]).toEqual([0, 0, 0])
  })
})

describe('the memory of peers that left', () => {
  function repaired(maxRetained: number, clock: Clock = systemClock) {
    const gossip = gossipsub({ ...UNSIGNED, scoreParams: SCORE_PARAMS })({
      logger: { forComponent: () => Object.assign(() => undefined, { error: () => undefined }) }
    } as never)
    repairScores(gossip, { maxRetained, clock })
    return internalsOf(gossip).score
  }

  function visit(score: ReturnType<typeof repaired>, id: string, penalty: number): void {
    score.addPeer(id)
    score.addIP(id, '192.0.2.1')
    score.addPenalty(id, penalty, LABEL)
    score.score(id)
    score.removePeer(id)
  }

  it('keeps nothing of those that did nothing', () => {
    const score = repaired(10)
    for (let i = 0; i < 1000; i += 1) visit(score, `p${i}`, 0)
    expect([score.peerStats.size, score.peerIPs.size, score.scoreCache.size]).toEqual([0, 0, 0])
  })

  it('keeps nothing of those that left with a good score', () => {
    const score = repaired(10)
    for (let i = 0; i < 100; i += 1) {
      score.addPeer(`p${i}`)
      score.deliverMessage(`p${i}`, `m${i}`, TOPIC)
      score.removePeer(`p${i}`)
    }
    expect([score.peerStats.size, score.scoreCache.size]).toEqual([0, 0])
  })

  it('is bounded, and a crowd of small offenders does not wash out the worst', () => {
    const score = repaired(100)
    visit(score, 'worst', 50)
    for (let i = 0; i < 5000; i += 1) visit(score, `p${i}`, 1)
    expect(score.peerStats.size).toBeLessThanOrEqual(100)
    expect(score.scoreCache.size).toBeLessThanOrEqual(100)
    score.addPeer('worst')
    expect(score.score('worst')).toBe(-25_000)
  })

  it('ends with the time for which scores are retained', () => {
    const clock = manualClock(systemClock.wall())
    const score = repaired(100, clock)
    visit(score, 'ada', 3)
    clock.advance(SCORE_PARAMS.retainScore + 60_000)
    score.addPeer('ada')
    expect(score.score('ada')).toBe(0)
  })
})

describe('a peer that is in the mesh from the moment of subscribing', () => {
  it.each([
    { given: 'repaired scores', service: undefined, counted: true },
    { given: 'gossipsub as it is', service: gossipsub({ ...UNSIGNED, scoreParams: SCORE_PARAMS }), counted: false }
  ])('is scored as in the mesh with $given: $counted', async ({ service, counted }) => {
    const [node, peer] = await Promise.all([service === undefined ? started() : startGossipNode(service), startGossipNode()])
    peer.services.pubsub.subscribe(TOPIC)
    await join(node, peer)
    await atHeartbeat(node.services.pubsub, () => node.services.pubsub.getSubscribers(TOPIC).length === 1)
    node.services.pubsub.subscribe(TOPIC)
    await atHeartbeat(peer.services.pubsub, () => isMeshPeer(peer, TOPIC, node) && isMeshPeer(node, TOPIC, peer))
    const stats = scoreOf(node).peerStats.get(idOf(peer))
    expect(stats?.topics[TOPIC]?.inMesh ?? false).toBe(counted)
  })
})

describe('what jobs say of a peer', () => {
  it('is its application score: one that fails is pruned from the mesh, one that serves stays', async () => {
    const table = peerTable()
    const [node, good, bad] = await Promise.all([started({ table, qualityWeight: 100 }), startGossipNode(), startGossipNode()])
    for (const pubsub of [node, good, bad].map(({ services }) => services.pubsub)) pubsub.subscribe(TOPIC)
    await join(node, good)
    await join(node, bad)
    await atHeartbeat(node.services.pubsub, () => isMeshPeer(node, TOPIC, good) && isMeshPeer(node, TOPIC, bad))
    const now = systemClock.wall()
    for (let i = 0; i < 20; i += 1) {
      table.observe(idOf(good), outcome(1000), now)
      table.observe(idOf(bad), outcome(undefined), now)
    }
    await atHeartbeat(node.services.pubsub, () => !isMeshPeer(node, TOPIC, bad))
    expect(isMeshPeer(node, TOPIC, good)).toBe(true)
    const score = scoreOf(node)
    expect(score.score(idOf(bad))).toBeLessThan(0)
    expect(score.score(idOf(bad))).toBeGreaterThan(-101)
  })

  it('may not weigh as much as the gossip threshold', () => {
    expect(() =>
      gossipService({
        scoreParams: SCORE_PARAMS,
        scoreThresholds: { ...GIST_THRESHOLDS, gossipThreshold: -100 },
        table: peerTable(),
        qualityWeight: 100
      })
    ).toThrow(/qualityWeight must be below 100/)
  })
})

describe('what gossip says of a peer', () => {
  it('is 0 where it is but what this node told gossip, lowers a reputation by 20 points at most, and adds no peer', async () => {
    const table = peerTable()
    const scoreParams = { ...SCORE_PARAMS, behaviourPenaltyDecay: 0.999 }
    const [node, liar, stranger] = await Promise.all([
      started({ table, scoreParams, observeEveryMs: 0 }),
      startGossipNode(),
      startGossipNode()
    ])
    const now = systemClock.wall()
    table.observe(idOf(liar), { kind: 'connected' }, now - 3_600_000)
    for (let i = 0; i < 20; i += 1) {
      table.observe(idOf(liar), outcome(100), now)
      table.observe('somebody slower', outcome(10_000), now)
    }
    await join(node, liar)
    await join(node, stranger)
    const evidence = () => table.evidence(table.rowOf(idOf(liar)), systemClock.wall())
    await atHeartbeat(node.services.pubsub, () => evidence().gossipStanding !== undefined)
    expect(scoreOf(node).score(idOf(liar))).toBeGreaterThan(100)
    expect(evidence().gossipStanding).toBeCloseTo(0, 4)

    const before = reputation.corrected(evidence()).score
    scoreOf(node).addPenalty(idOf(liar), 1000, LABEL)
    await atHeartbeat(node.services.pubsub, () => (evidence().gossipStanding ?? 0) < -0.9)
    expect(evidence().gossipStanding).toBeGreaterThan(-1)
    const lost = before - reputation.corrected(evidence()).score
    expect(lost).toBeGreaterThan(18)
    expect(lost).toBeLessThan(20.01)
    expect(table.has(idOf(stranger))).toBe(false)
  })
})

function gossipOf({ services }: NetworkNode['libp2p']): GossipSub {
  if (services.pubsub === undefined) throw new Error('does not gossip')
  return services.pubsub
}

describe('a node of ours', () => {
  it('gossips where it is told to', async () => {
    const pubsub = gossipService({ scoreParams: SCORE_PARAMS, scoreThresholds: GIST_THRESHOLDS, gossipsub: UNSIGNED })
    const [node, peer] = await Promise.all([startNode({ pubsub }), startNode({ pubsub })])
    const [ours, theirs] = [node, peer].map(({ libp2p }) => gossipOf(libp2p))
    const heard = Promise.withResolvers<string>()
    ours.addEventListener('message', ({ detail: { data } }) => {
      heard.resolve(new TextDecoder().decode(data))
    })
    for (const each of [ours, theirs]) each.subscribe(TOPIC)
    await node.libp2p.dial(multiaddr(peer.addresses()[0]))
    await Promise.all([ours, theirs].map((each) => atHeartbeat(each, () => internalsOf(each).mesh.get(TOPIC)?.size === 1)))
    await theirs.publish(TOPIC, new TextEncoder().encode('a job is done'))
    expect(await heard.promise).toBe('a job is done')
  })

  it('does not by itself', async () => {
    const node = await startNode()
    expect(node.libp2p.services.pubsub).toBeUndefined()
  })
})
