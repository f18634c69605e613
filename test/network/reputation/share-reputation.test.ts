import type { GossipsubMessage } from '@libp2p/gossipsub'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { NetworkNode } from '../../../src/network/node.ts'
import { REPUTATION_TOPIC } from '../../../src/network/reputation/reputation-gossip.ts'
import { type ReceivedSummary, shareReputation } from '../../../src/network/reputation/share-reputation.ts'
import { MAX_SIGNED_SUMMARY_BYTES, signSummary } from '../../../src/network/reputation/summary-codec.ts'
import { reputation } from '../../../src/reputation/reputation.ts'
import { logPaceOfTally } from '../../../src/reputation/tally.ts'
import { startNode } from '../support.ts'
import {
  connect,
  eventually,
  identityOf,
  pubsubOf,
  scoreOf,
  type Sharing,
  startAttacker,
  startSharing,
  summaryBy
} from './support.ts'

const EXPECTED = { mean: Math.log(50), variance: 1 }
const [{ id: worker }, { id: second }] = await Promise.all([identityOf(8), identityOf(9)])

function work({ reputation: own }: Sharing, peer: string, msPerToken: number, jobs = 10): void {
  for (let i = 0; i < jobs; i++) own.observe(peer, { ok: true, logPace: Math.log(msPerToken) }, systemClock.wall())
}

function heard({ reputation: known }: Sharing, peer: string): number {
  return Math.exp(known.pace(peer, EXPECTED, systemClock.wall()).mean)
}

describe('routers that share their reputation', () => {
  it('hear of peers across each other, and a late one hears what was seen before it came', async () => {
    const [a, b, c] = await Promise.all([startSharing(), startSharing(), startSharing()])
    await connect(a.node, b.node)
    await connect(b.node, c.node)
    work(a, worker, 10)
    await a.publish()
    // C is not connected to A: what it hears has come by B.
    await eventually(() => {
      expect(b.reputation.routers()).toEqual([a.node.id])
      expect(c.reputation.routers()).toEqual([a.node.id])
    })
    expect(c.received.map(({ from }) => from)).toContain(b.node.id)
    for (const listener of [b, c]) {
      expect(heard(listener, worker)).toBeLessThan(50)
      expect(heard(listener, second)).toBeCloseTo(50, 9)
    }

    work(c, second, 20)
    const late = await startSharing({ friends: [a.node.id, c.node.id] })
    await connect(late.node, a.node)
    await connect(late.node, c.node)
    // Nobody is asked to: its neighbours see it come.
    await eventually(() => {
      expect(late.reputation.routers()).toEqual([a.node.id, c.node.id].sort())
    })
    expect(heard(late, worker)).toBeLessThan(30)
    expect(heard(late, second)).toBeLessThan(40)
  })

  it('take nothing of what is forged, replayed, oversized or garbage, and think less of who sends it', async () => {
    const [a, b] = await Promise.all([startSharing(), startSharing()])
    await connect(a.node, b.node)
    const mallory = await startAttacker()
    await connect(mallory, a.node)
    await connect(mallory, b.node)
    const caught: Uint8Array[] = []
    pubsubOf(mallory).addEventListener('gossipsub:message', ({ detail }: CustomEvent<GossipsubMessage>) => {
      caught.push(detail.msg.data)
    })
    work(a, worker, 10)
    await a.publish()
    await eventually(() => {
      expect(b.reputation.routers()).toEqual([a.node.id])
      expect(caught).toHaveLength(1)
    })
    const atMs = systemClock.wall()
    const forged = summaryBy(a.node.id, [worker], { sequence: atMs + 1_000, atMs })
    const attacks: readonly Attack[] = [
      ['unsound', () => Uint8Array.of(1, 2, 3)],
      ['unsound', () => new Uint8Array(MAX_SIGNED_SUMMARY_BYTES + 1)],
      ['unsound', (attacker) => signSummary(forged, (bytes) => attacker.sign(bytes))],
      ['not-the-author', () => caught[0]],
      [
        'late',
        (attacker) => signSummary(summaryBy(attacker.id, [worker], { atMs: atMs - 3_600_000 }), (bytes) => attacker.sign(bytes))
      ]
    ]
    for (const attack of attacks) await sendRefused(attack, [a, b])
    // A greets whoever comes with a newer summary of its own; of others nothing was taken, and nothing else of A.
    expect(b.reputation.routers()).toEqual([a.node.id])
    expect(a.reputation.routers()).toEqual([])
    const [{ summary }] = b.reputation.snapshot().slots
    expect(summary.peers.map(({ peer, failures }) => [peer, failures])).toEqual([[worker, 0]])
    expect(logPaceOfTally(summary.peers[0])).toBeCloseTo(Math.log(10), 9)
    // Nobody pays for what somebody else sent.
    expect(scoreOf(b.node, a.node.id)).toBeGreaterThanOrEqual(0)
    expect(scoreOf(a.node, b.node.id)).toBeGreaterThanOrEqual(0)
  })

  it('send no more than they may: who sends too often is refused', async () => {
    const a = await startSharing()
    const mallory = await startAttacker()
    await connect(mallory, a.node)
    for (let i = 0; i < 6; i++) {
      const atMs = systemClock.wall()
      const summary = summaryBy(mallory.id, [worker], { sequence: i + 1, atMs })
      await pubsubOf(mallory).publish(REPUTATION_TOPIC, await signSummary(summary, (bytes) => mallory.sign(bytes)))
    }
    await eventually(() => {
      expect(a.received).toHaveLength(6)
    })
    expect(a.received.map(({ reason }) => reason).sort()).toEqual([...Array<string>(4).fill('newer'), 'too-often', 'too-often'])
    await eventually(() => {
      expect(scoreOf(a.node, mallory.id)).toBeLessThan(-30)
    })
  })

  it('tell nothing where they are told not to, and nothing before they saw anything', async () => {
    const [silent, listener] = await Promise.all([startSharing({ share: false }), startSharing()])
    await connect(silent.node, listener.node)
    await listener.publish()
    work(silent, worker, 10)
    await silent.publish()
    work(listener, second, 10)
    await listener.publish()
    await eventually(() => {
      expect(silent.reputation.routers()).toEqual([listener.node.id])
    })
    expect(silent.received).toHaveLength(1)
    expect(listener.received).toEqual([])
  })

  it('need a node with a pubsub, and an interval that others put up with', async () => {
    const node = await startNode()
    const known = reputation({ routerId: node.id })
    expect(() => shareReputation(node, known)).toThrow('must have a pubsub')
    expect(() => shareReputation(node, known, { intervalMs: 10 })).toThrow('intervalMs must be at least 5000')
  })
})

type Attack = readonly [reason: ReceivedSummary['reason'], data: (attacker: NetworkNode) => Uint8Array | Promise<Uint8Array>]

/** An attacker of its own sends it to all victims; each refuses it, and thinks less of the attacker. */
async function sendRefused([reason, data]: Attack, victims: readonly Sharing[]): Promise<void> {
  const attacker = await startAttacker()
  for (const { node } of victims) await connect(attacker, node)
  await pubsubOf(attacker).publish(REPUTATION_TOPIC, await data(attacker))
  for (const { node, received } of victims) {
    await eventually(() => {
      expect(received).toContainEqual({ from: attacker.id, verdict: 'refused', reason })
      expect(scoreOf(node, attacker.id)).toBeLessThan(-5)
    })
  }
}
