import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcg32 } from '../../src/core/rng.ts'
import { encodeRows } from '../../src/training/encoded-rows.ts'
import { openBackend } from '../../src/training/backend.ts'
import { train } from '../../src/training/trainer.ts'
import { writeModelDocument } from '../../src/throughput/model-file.ts'
import { type ModelStore, modelStore } from '../../src/throughput/model-store.ts'
import { promoteModel } from '../../src/training/promote-model.ts'
import { holdBackLatest } from '../../src/training/evaluation/hold-back.ts'
import { type Judgement, verdictOf } from '../../src/training/promotion.ts'
import { sampleModel } from '../throughput/sample-model.ts'
import { fleetRows } from './fleet-rows.ts'

let directory: string
let store: ModelStore
const rows = fleetRows(220, pcg32(5), 0.25)
const files = [{ file: 'fleet.jsonl', sha256: 'new', rows }]
const options = { date: '2026-01-01', heldBack: 0.9 }

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-promotion-'))
  store = modelStore(directory)
  const backend = await openBackend({ force: 'wasm' })
  const learned = fleetRows(330, pcg32(6))
  const { weights } = await train(backend, encodeRows(learned), { rng: pcg32(7), epochs: 300, noise: 0.02, hiding: false })
  await backend.close()
  const models = {
    random: sampleModel(1),
    other: sampleModel(2, { card: { data: [{ sha256: 'new' }], heldBack: 0.2 } }),
    trained: sampleModel(1, { weights })
  }
  for (const [name, content] of Object.entries(models))
    await writeFile(join(directory, `${name}.json`), writeModelDocument(content))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

describe('a promotion', () => {
  it('refuses what is worse than a baseline, with the losses, unless it is forced', async () => {
    await expect(promoteModel(store, 'random', files, options)).rejects.toMatchObject({
      code: 'ERR_MODEL',
      message: expect.stringMatching(
        /^random is not better: pinball loss of ln tokens\/s: 0\.\d{4} against 0\.\d{4} of /
      ) as string
    })
    expect((await store.registry()).serving).toBeNull()
    await promoteModel(store, 'random', files, { ...options, force: true })
    expect((await store.registry()).serving).toMatchObject({ name: 'random', why: expect.stringMatching(/^forced; /) as string })
  })

  it('lets what is better than the serving model and all baselines serve', async () => {
    const judged: Judgement[] = []
    const why = await promoteModel(store, 'trained', files, { ...options, onJudged: (each) => judged.push(...each) })
    expect(why).toContain('of random (serving)')
    expect(judged.slice(0, 2).map(({ name }) => name)).toEqual(['trained', 'random (serving)'])
    expect((await store.registry()).serving).toMatchObject({ name: 'trained', promotedAt: '2026-01-01', why })
  })

  it('refuses a model that has learned from the rows, and too few rows', async () => {
    await expect(promoteModel(store, 'other', files, options)).rejects.toMatchObject({
      code: 'ERR_MODEL',
      message: expect.stringMatching(/other was trained on all but 0\.2 of fleet\.jsonl/) as string
    })
    const few = [{ file: 'few.jsonl', sha256: null, rows: rows.slice(0, 20) }]
    await expect(promoteModel(store, 'other', few, options)).rejects.toMatchObject({
      code: 'ERR_DATASET',
      message: 'a comparison needs at least 20 held-back rows with tokens_per_second, got 18'
    })
  })

  it('is not won by a draw', () => {
    const figures = { logPinball: 0.1, logMae: 0.2 } as Judgement['figures']
    const judgements: Judgement[] = ['new', 'old'].map((name) => ({ name, kind: 'model', figures, candidate: figures }))
    expect(verdictOf(judgements)).toEqual({ better: false, why: 'pinball loss of ln tokens/s: 0.1000 against 0.1000 of old' })
  })
})

describe('rows that are held back', () => {
  it('are the latest of every source of every file', () => {
    const of = (source: string, count: number) => rows.slice(0, count).map((row) => ({ ...row, source }))
    const { training, held } = holdBackLatest([[...of('a', 10), ...of('b', 5)], of('a', 5)], 0.2)
    expect(held.map(({ source }) => source)).toEqual(['a', 'a', 'b', 'a'])
    expect(training).toHaveLength(16)
    expect(holdBackLatest([of('a', 10)], 0)).toMatchObject({ held: [], training: { length: 10 } })
  })
})
