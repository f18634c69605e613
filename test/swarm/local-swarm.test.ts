import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { DEMO_MODEL, demoPlan } from '../../src/demo/demo-plan.ts'
import { openJournal } from '../../src/journal/level-journal.ts'
import type { JobEvent } from '../../src/router/job-router.ts'
import { promptOf } from '../../src/simulation/engine/prompt.ts'
import { jobOf } from '../../src/simulation/workload/workload.ts'
import { type LocalSwarm, startLocalSwarm } from '../../src/swarm/local-swarm.ts'
import { type RouterNode, startRouter } from '../../src/swarm/router-node.ts'

// A bootstrap node and ten workers in processes of their own, behind delaying relays, and a router in this one.

const plan = demoPlan(1)
const { dies, liar } = plan.incidents
const WATCH = { discoveryIntervalMs: 500, probeIntervalMs: 500 }

let directory: string
let swarm: LocalSwarm
let router: RouterNode

async function startRouterOn(journal: string): Promise<RouterNode> {
  const log = await openJournal(join(directory, journal), {}, { clock: systemClock, timers: systemClock })
  return startRouter(
    { clock: systemClock, journal: log },
    { bootstrap: swarm.bootstrap, models: [DEMO_MODEL], seed: 1n, watch: WATCH }
  )
}

/** Resolves when so many workers are connected and have said what they serve. */
function members(count: number): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (router.watch.members(DEMO_MODEL).length !== count) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = router.watch.onChange(check)
    check()
  })
}

const peerOf = (name: string) => swarm.workers.find((worker) => worker.name === name)?.peer ?? ''

async function run(index: number, outputTokens = 8): Promise<JobEvent[]> {
  const recorded = { arrivalMs: 0, promptTokens: 50, outputTokens }
  const job = jobOf(recorded, { id: `job-${index}`, model: DEMO_MODEL, deadlineMs: 20_000 })
  return Array.fromAsync(router.run(job, { text: promptOf(recorded), maxTokens: job.expectedOutputTokens }))
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-swarm-'))
  const spec = plan.swarmOf('adaptive', 60_000)
  // Nobody leaves by themselves here: who comes and goes is the business of each test.
  swarm = await startLocalSwarm({ ...spec, workers: spec.workers.map((worker) => ({ ...worker, away: [] })) })
  router = await startRouterOn('log')
  await members(10)
})

afterAll(async () => {
  await router.stop()
  await swarm.stop()
  await rm(directory, { recursive: true })
})

describe('a router on a swarm of ten workers', () => {
  it('finds all of them through the bootstrap node, with what they claim', () => {
    expect(new Set(router.watch.members(DEMO_MODEL))).toEqual(new Set(swarm.workers.map(({ peer }) => peer)))
    const claims = router.manager.peerMetrics(peerOf(liar))?.claims
    expect(claims).toMatchObject({ gpuModel: 'RTX 4090', tokensPerSecond: 180 })
  })

  it('feels the distance of a far worker on its pings', () => {
    const far = router.manager.peerMetrics(peerOf('unreliable-1'))?.roundTrip.meanMs
    expect(far).toBeGreaterThan(50)
  })

  it('runs twenty jobs at a time to their end, and the journal has an outcome for every attempt', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, (_, i) => run(i)))
    const ends = runs.map((events) => events.at(-1))
    for (const [i, end] of ends.entries()) expect(end, `job ${i}`).toMatchObject({ kind: 'done', outputTokens: 8 })
    const attempts = runs.flat().filter(({ kind }) => kind === 'attempt').length
    expect(await router.journal.counts()).toMatchObject({ decisions: attempts, outcomes: attempts })
  })

  it('sees a killed worker leave, its job go on elsewhere, and the worker return under the same identity', async () => {
    const peer = peerOf(dies)
    swarm.kill(dies)
    await members(9)
    expect(router.manager.peerMetrics(peer)?.sessions.connected).toBe(false)
    const [end] = (await run(100)).slice(-1)
    expect(end).toMatchObject({ kind: 'done' })
    await swarm.revive(dies)
    await members(10)
    expect(router.manager.peerMetrics(peer)?.sessions).toMatchObject({ connected: true })
  })

  it('goes on after a restart from every outcome, and says how many', async () => {
    const before = router.journal.lastSequence()
    // At one moment: what is known counts for less with every second.
    const context = { workloadClass: 'interactive', atMs: systemClock.wall() }
    const beliefs = router.policy.beliefs(context)
    await router.stop()
    router = await startRouterOn('log')
    expect(router.restored.outcomes).toBe(before)
    const after = router.policy.beliefs(context)
    for (const [i, { arm, mean }] of after.entries()) expect(mean, arm).toBeCloseTo(beliefs[i].mean ?? NaN, 9)
    await members(10)
    expect((await run(200)).at(-1)).toMatchObject({ kind: 'done' })
  })
})
