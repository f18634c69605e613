import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { manualClock, systemClock } from '../../../src/core/clock.ts'
import { pcg32 } from '../../../src/core/rng.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { openJournal } from '../../../src/journal/level-journal.ts'
import { createSelection } from '../../../src/selector/selection.ts'
import { writeModelDocument } from '../../../src/throughput/model-file.ts'
import { type ModelStore, modelStore } from '../../../src/throughput/model-store.ts'
import { throughputModel } from '../../../src/throughput/throughput-model.ts'
import { keepTrained } from '../../../src/training/background/keep-trained.ts'
import { backgroundRetraining, type RetrainingVerdict } from '../../../src/training/background/retraining.ts'
import type { FitProgress } from '../../../src/training/throughput-fit.ts'
import { job } from '../../selector/world.ts'
import { sampleModel } from '../../throughput/sample-model.ts'
import { fleetJsonl, fleetRows } from '../fleet-rows.ts'
import { writeFleet } from './fleet-journal.ts'

let directory: string
let journal: Journal
let store: ModelStore
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-background-'))
  journal = await openJournal(join(directory, 'journal'), {}, { clock: systemClock, timers: systemClock })
  await writeFleet(journal, 240, pcg32(5), 0.25)
  await writeFile(join(directory, 'few.jsonl'), fleetJsonl(fleetRows(30, pcg32(1))))
  await mkdir(join(directory, 'tmp'))
  vi.stubEnv('TMPDIR', join(directory, 'tmp'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await journal.close()
  await rm(directory, { recursive: true })
})

/** A model with weights by chance serves. */
beforeEach(async () => {
  store = modelStore(await mkdtemp(join(directory, 'models-')))
  await writeFile(join(store.directory, 'chance.json'), writeModelDocument(sampleModel()))
  await store.promote('chance', { promotedAt: '2026-01-01', why: 'a test' })
})
afterEach(async () => {
  expect(await readdir(join(directory, 'tmp'))).toEqual([])
})

const clock = manualClock(Date.UTC(2026, 0, 2))
const quick = { backend: 'wasm', folds: 2, training: { epochs: 1, hidden: 4 } } as const
/** Enough of training to be better than the baselines, which learn from as few rows. */
const enough = { ...quick, heldBack: 0.6, training: { epochs: 100, hidden: 8, learningRate: 0.03, noise: 0.02, hiding: false } }

const models = async () => (await readdir(store.directory)).sort()

describe('a retraining in the background', () => {
  it('lets a better model serve, says how far it is, and can be rolled back', async () => {
    const told: FitProgress[] = []
    const retraining = backgroundRetraining({ store, clock, journal }, enough)
    const verdict = await retraining.run({ onProgress: (progress) => told.push(progress) })
    expect(verdict).toMatchObject({
      kind: 'promoted',
      name: 'retrained-2026-01-02T00-00-00.000Z',
      model: { card: { created: '2026-01-02T00:00:00.000Z', heldBack: 0.6, trainedRows: 96, sources: { journal: 96 } } },
      why: expect.stringMatching(/ of chance \(serving\), .* of median of the GPU$/) as string
    })
    expect([...new Set(told.map(({ phase }) => phase))]).toEqual(['folds', 'baselines', 'all rows'])
    expect((await store.serving()).model).toEqual('model' in verdict ? verdict.model : undefined)
    await store.rollBack()
    expect((await store.serving()).name).toBe('chance')
  })

  it('keeps the model that serves where the candidate is not better', async () => {
    const verdict = await backgroundRetraining({ store, clock, journal }, quick).run()
    expect(verdict).toEqual({
      kind: 'kept',
      why: expect.stringMatching(/^pinball loss of ln tokens\/s: 0\.\d{4} against 0\.\d{4} of /) as string
    })
    expect((await store.serving()).name).toBe('chance')
    expect(await models()).toEqual(['chance.json', 'registry.json'])
  })

  it.each([
    ['too few rows', { data: ['few.jsonl'] }, 'ERR_DATASET', /at least 60 rows .* 36 more rows needed/],
    ['no such file', { data: ['none.jsonl'] }, 'ERR_DATASET', /none\.jsonl: does not exist/],
    ['too few that decide', { mostOutcomes: 90 }, 'ERR_DATASET', /at least 20 held-back rows with tokens_per_second, got 18/],
    ['no backend', { mostOutcomes: 200, backend: 'tfjs-node-gpu' }, 'ERR_BACKEND', /no backend can run; tfjs-node-gpu/],
    ['a bad option', { training: { epochs: 0 } }, 'ERR_INVALID_OPTION', /epochs must be/]
  ] as const)('fails with a reason: %s', async (_, options, code, why) => {
    const { data, ...rest } = { data: undefined, ...options }
    const source = data === undefined ? { journal } : {}
    const files = data === undefined ? {} : { data: data.map((file) => join(directory, file)) }
    const verdict = await backgroundRetraining({ store, clock, ...source }, { ...quick, ...rest, ...files }).run()
    expect(verdict).toEqual({ kind: 'failed', code, why: expect.stringMatching(why) as string })
    expect(await models()).toEqual(['chance.json', 'registry.json'])
  })

  it('ends its thread when it is stopped, one runs at a time, and another can follow', async () => {
    const stop = new AbortController()
    const retraining = backgroundRetraining({ store, clock, journal }, { ...quick, training: { epochs: 1e6 } })
    const busy = Promise.withResolvers<RetrainingVerdict>()
    const verdict = await retraining.run({
      signal: stop.signal,
      onProgress: () => {
        if (stop.signal.aborted) return
        busy.resolve(retraining.run())
        stop.abort()
      }
    })
    expect(verdict).toEqual({ kind: 'stopped' })
    expect(await busy.promise).toEqual({ kind: 'failed', code: undefined, why: 'another retraining runs' })
    expect(await retraining.run({ signal: stop.signal })).toEqual({ kind: 'stopped' })
    expect(await models()).toEqual(['chance.json', 'registry.json'])
  })

  it('fails, and ends its thread, where the one who is told fails', async () => {
    const verdict = await backgroundRetraining({ store, clock, journal }, { ...quick, training: { epochs: 1e6 } }).run({
      onProgress: () => {
        throw new Error('the screen is gone')
      }
    })
    expect(verdict).toEqual({ kind: 'failed', code: undefined, why: 'the screen is gone' })
  })

  it.each([{ mostOutcomes: 0 }, { heldBack: 2 }])('checks %j', (options) => {
    expect(() => backgroundRetraining({ store, clock, journal }, options)).toThrow(`${Object.keys(options)[0]} must be`)
  })
})

/** A selection over the model that serves, with the journal, and one peer. */
async function selectionOf() {
  const { model } = await store.serving()
  const selection = createSelection({ clock, journal }, { throughput: throughputModel(model!) })
  const claims = { models: ['llama3.2:1b'], tokensPerSecond: 0, gpuModel: 'RTX 3090', vramGb: 24, loadRatio: 0 }
  selection.table.observe('peer', { kind: 'connected' }, clock.wall())
  selection.table.observe('peer', { kind: 'claims', claims }, clock.wall())
  return selection
}

async function runJobs({ selector }: Awaited<ReturnType<typeof selectionOf>>, count: number, ok = true): Promise<void> {
  for (let i = 0; i < count; i++) {
    const lease = selector.acquire(['peer'], job({ id: `job-${clock.wall()}`, model: 'llama3.2:1b' }))
    clock.advance(2_000)
    await (ok ? lease.complete({ outputTokens: 100 }) : lease.fail('unreachable'))
    clock.advance(60_000)
  }
}

describe('a selection that is kept trained', () => {
  it('goes on with the better model, and with what its peers showed', async () => {
    const selection = await selectionOf()
    const before = selection.throughput.status.model
    const verdict = Promise.withResolvers<RetrainingVerdict>()
    const stop = keepTrained(
      { ...selection, journal, store, clock },
      { schedule: { everyOutcomes: 3, everyMs: 0 }, retraining: enough, onVerdict: verdict.resolve }
    )
    await runJobs(selection, 3)
    const { peers } = selection.predictor.snapshot()
    const { serving } = await verdict.promise.then(() => store.registry())
    expect(serving?.name).toMatch(/^retrained-/)
    expect(selection.throughput.status).toMatchObject({ model: serving?.sha256, outcomes: 0 })
    expect(before).toBe((await store.read('chance')).sha256)
    expect(selection.predictor.snapshot().peers).toEqual(peers)
    await stop()
  })

  it('is left alone by failures, and ends a retraining that runs when it is stopped', async () => {
    const selection = await selectionOf()
    const verdicts: RetrainingVerdict[] = []
    const begun = Promise.withResolvers<FitProgress>()
    const stop = keepTrained(
      { ...selection, journal, store, clock },
      {
        schedule: { everyOutcomes: 2, everyMs: 0 },
        retraining: { ...quick, training: { epochs: 1e6 } },
        onProgress: begun.resolve,
        onVerdict: (verdict) => verdicts.push(verdict)
      }
    )
    await runJobs(selection, 3, false)
    clock.advance(600_000)
    await runJobs(selection, 5)
    await begun.promise
    await stop()
    expect(verdicts).toEqual([{ kind: 'stopped' }])
    await runJobs(selection, 3)
    expect(verdicts).toHaveLength(1)
    expect(selection.throughput.status.model).toBe((await store.serving()).model?.sha256)
  })
})
