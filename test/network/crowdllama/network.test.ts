import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { systemRng } from '../../../src/core/rng.ts'
import { memoryJournal } from '../../../src/journal/level-journal.ts'
import { crowdllamaFleet } from '../../../src/network/crowdllama/fleet.ts'
import { openRouter } from '../../../src/router/router.ts'
import type { SelectionOptions } from '../../../src/selector/selection.ts'
import { crowdllamaMain } from '../../../src/simulation/rivals/claimed-speed.ts'
import { stopLater } from '../support.ts'
import { FAST_WATCH, sayingEngine, startBareNode, startBootstrap, startFleet, startWorker, untilFleet } from './support.ts'

const JOB = { model: 'tiny', workloadClass: 'interactive', promptTokens: 6, expectedOutputTokens: 16, deadlineMs: 20_000 }

async function startRouter(bootstrap: readonly string[], options: SelectionOptions = {}) {
  const router = await openRouter(
    {
      clock: systemClock,
      journal: await memoryJournal({}, { clock: systemClock, timers: systemClock }),
      fleet: (selection) => crowdllamaFleet(selection, systemClock, { bootstrap, watch: FAST_WATCH })
    },
    options
  )
  return stopLater(router)
}

describe('a CrowdLlama network of this project alone', () => {
  it('runs jobs of a router at its workers, and learns from them', { timeout: 30_000 }, async () => {
    const bootstrap = (await startBootstrap()).addresses()
    const workers = await Promise.all([
      startWorker({ bootstrap }),
      startWorker({ bootstrap, claims: { models: ['tiny', 'other'] } })
    ])
    const router = await startRouter(bootstrap)
    await untilFleet(router.fleet, () => router.fleet.members('tiny').length === 2)
    expect([...router.fleet.members('tiny')].sort()).toEqual(workers.map(({ id }) => id).sort())
    expect([...router.fleet.models()].sort()).toEqual(['other', 'tiny'])
    for (let i = 0; i < 8; i++) {
      let text = ''
      for await (const event of router.run({ ...JOB, id: `job-${i}` }, { text: 'is the sky blue?', maxTokens: 16 }))
        if (event.kind === 'tokens') text += event.text
      expect(text).toBe('yes it is')
    }
    const seen = workers.map(({ id }) => router.table.evidence(router.table.rowOf(id), systemClock.wall()))
    expect(seen.reduce((sum, { outcomes }) => sum + outcomes.count, 0)).toBe(8)
    for (const { roundTrip, sessions, claims } of seen) {
      expect(roundTrip.meanMs).toBeGreaterThan(0)
      expect(sessions.connected).toBe(true)
      expect(claims).toMatchObject({ tokensPerSecond: 40, gpuModel: 'RTX 3080', vramGb: 10, loadRatio: 0.5 })
    }
  })

  it('runs under the rule of CrowdLlama itself, which follows claims', { timeout: 30_000 }, async () => {
    const bootstrap = (await startBootstrap()).addresses()
    const [boaster] = await Promise.all([
      startWorker({ bootstrap, engine: sayingEngine('so be it', { tokensPerSecond: 500 }) }),
      startWorker({ bootstrap }),
      startWorker({ bootstrap })
    ])
    const router = await startRouter(bootstrap, {
      policy: `fixed:${crowdllamaMain.id}`,
      rankers: ({ table, clock }) => [crowdllamaMain.create({ table, clock, rng: systemRng })]
    })
    await untilFleet(router.fleet, () => router.fleet.members('tiny').length === 3)
    const chosen: string[] = []
    for (let i = 0; i < 5; i++) {
      for await (const event of router.run({ ...JOB, id: `job-${i}` }, { text: 'is the sky blue?', maxTokens: 16 }))
        if (event.kind === 'attempt') chosen.push(event.decision.peer)
    }
    expect(chosen).toEqual(Array(5).fill(boaster.id))
  })

  it('finds more workers than CrowdLlama looks at', { timeout: 60_000 }, async () => {
    const bootstrap = (await startBootstrap()).addresses()
    const workers = await Promise.all(Array.from({ length: 14 }, () => startWorker({ bootstrap })))
    const { fleet } = await startFleet(bootstrap)
    await untilFleet(fleet, () => fleet.members('tiny').length === workers.length)
    expect(fleet.members('tiny')).toHaveLength(14)
  })

  it('joins by any node of the network, and knows no consumer as a peer', { timeout: 30_000 }, async () => {
    const bootstrap = (await startBootstrap()).addresses()
    const worker = await startWorker({ bootstrap })
    const consumer = await startBareNode(bootstrap)
    const { selection, fleet } = await startFleet(worker.addresses())
    await untilFleet(fleet, () => fleet.members('tiny').length === 1)
    expect(fleet.members('tiny')).toEqual([worker.id])
    expect(fleet.has(worker.id)).toBe(true)
    expect(fleet.has(consumer.id)).toBe(false)
    expect(selection.table.rowOf(consumer.id)).toBe(-1)
  })
})
