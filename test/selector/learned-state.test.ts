import { describe, expect, it } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import { createSelection } from '../../src/selector/selection.ts'
import { readModelDocument, writeModelDocument } from '../../src/throughput/model-file.ts'
import { throughputModel } from '../../src/throughput/throughput-model.ts'
import { sampleModel } from '../throughput/sample-model.ts'
import { job, teach, world } from './world.ts'

async function taught() {
  const w = await world()
  for (const [peer, ms] of [
    ['a', 5],
    ['b', 20],
    ['c', 50]
  ] as const)
    await teach(w, peer, ms)
  return w
}

/** A second start on the same journal. */
async function restarted(w: Awaited<ReturnType<typeof world>>) {
  const selection = createSelection({ clock: w.clock, journal: w.journal }, { seed: 7n })
  const restored = await selection.learned?.restore()
  return { ...selection, restored }
}

function beliefs(w: Pick<Awaited<ReturnType<typeof world>>, 'policy' | 'clock'>) {
  return w.policy.beliefs({ workloadClass: 'interactive', atMs: w.clock.wall() })
}

describe('learned state', () => {
  it('goes on from a snapshot', async () => {
    const first = await taught()
    await first.learned?.checkpoint()
    const second = await restarted(first)
    expect(second.restored).toEqual({ outcomes: 9, replayed: 0 })
    expect(beliefs({ ...second, clock: first.clock })).toEqual(beliefs(first))
    expect(second.table.msPerWorkToken(second.table.rowOf('a'))).toBe(first.table.msPerWorkToken(first.table.rowOf('a')))
  })

  it('reads back the outcomes that came after the snapshot, one by one', async () => {
    const first = await taught()
    await first.learned?.checkpoint()
    await teach(first, 'd', 8, 2)
    const second = await restarted(first)
    expect(second.restored).toEqual({ outcomes: 11, replayed: 2 })
    expect(second.table.outcomeCount(second.table.rowOf('d'))).toBe(2)
    for (const [i, belief] of beliefs({ ...second, clock: first.clock }).entries()) {
      expect(belief.mean, belief.arm).toBeCloseTo(beliefs(first)[i]?.mean ?? NaN, 12)
    }
  })

  it('does without a snapshot: a journal alone is enough', async () => {
    const first = await taught()
    const second = await restarted(first)
    expect(second.restored).toEqual({ outcomes: 9, replayed: 9 })
    expect(second.selector.acquire(['a', 'b', 'c'], job()).decision.votes).toHaveLength(10)
  })

  it('has nothing to go on from in a new journal', async () => {
    const w = await world()
    expect(await w.learned?.restore()).toEqual({ outcomes: 0, replayed: 0 })
  })

  it('is read as earlier versions wrote it, and not as later ones do', async () => {
    const first = await taught()
    await first.learned?.checkpoint()
    const record = await first.journal.loadSnapshot('learned')
    const { version, ...state } = record!.state as Record<string, unknown>
    expect(version).toBe(2)
    await first.journal.saveSnapshot({ ...record!, state })
    expect((await restarted(first)).restored).toEqual({ outcomes: 9, replayed: 0 })
    await first.journal.saveSnapshot({ ...record!, state: { ...state, version: 3 } })
    await expect(restarted(first)).rejects.toMatchObject({
      code: 'ERR_SNAPSHOT',
      message: 'the snapshot of what was learned: got v3, expected v2'
    })
  })
})

const [modelA, modelB] = [1, 2].map((seed) => throughputModel(readModelDocument(writeModelDocument(sampleModel(seed)))))

/** Three peers of one kind over a model, seen for some minutes. */
async function taughtOver() {
  const w = await world({ throughput: modelA })
  for (let round = 0; round < 3; round++) {
    for (const [i, peer] of ['a', 'b', 'c'].entries()) {
      const claims = { models: ['llama3.1:8b'], tokensPerSecond: 0, gpuModel: 'RTX 3090', vramGb: 24, loadRatio: 0 }
      w.table.observe(peer, { kind: 'claims', claims }, w.clock.wall())
      await teach(w, peer, 20 + 4 * i + 8 * round)
      w.clock.advance(60_000)
    }
  }
  await w.learned?.checkpoint()
  return w
}

async function hintOf(journal: Journal, clock: Awaited<ReturnType<typeof world>>['clock'], throughput?: typeof modelA) {
  const selection = createSelection({ clock, journal }, throughput === undefined ? {} : { throughput })
  await selection.learned?.restore()
  return { ...selection, ...selection.throughput.snapshot() }
}

describe('what was learned over a throughput model', () => {
  it('goes on after a restart over the same one, also where one without a model came between', async () => {
    const { journal, clock, throughput } = await taughtOver()
    const before = throughput.snapshot()
    expect(before?.outcomes).toBeGreaterThan(3)
    const between = await hintOf(journal, clock)
    expect(between.throughput.status).toMatchObject({ model: undefined, outcomes: 0 })
    await between.learned?.checkpoint()
    expect(await hintOf(journal, clock, modelA)).toMatchObject({ ...before })
  })

  it('starts anew over another one, with what the peers themselves showed', async () => {
    const { journal, clock, table, predictor } = await taughtOver()
    const other = await hintOf(journal, clock, modelB)
    expect(other.throughput.status).toMatchObject({ model: modelB.document.sha256, outcomes: 0, coverage: undefined })
    expect(other.head).toMatchObject({ model: modelB.document.sha256, peers: { length: 3 } })
    expect(other.predictor.snapshot().peers).toEqual(predictor.snapshot().peers)
    expect(other.table.size).toBe(table.size)
  })
})
