import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeModelDocument } from '../../src/throughput/model-file.ts'
import { EMPTY_REGISTRY, promoted, readRegistry, rolledBack } from '../../src/throughput/model-registry.ts'
import { type ModelStore, modelStore } from '../../src/throughput/model-store.ts'
import { sampleModel } from './sample-model.ts'

let directory: string
let store: ModelStore
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-models-'))
  store = modelStore(directory)
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const file = (name: string) => join(directory, `${name}.json`)
const record = (promotedAt: string) => ({ promotedAt, why: 'a test' })

/** Models a, b, …, each promoted after the one before. */
async function promoteAll(...names: readonly string[]): Promise<void> {
  for (const [i, name] of names.entries()) {
    await writeFile(file(name), writeModelDocument(sampleModel(i + 1)))
    await store.promote(name, record(`2026-01-0${i + 1}`))
  }
}

describe('a directory of models', () => {
  it('serves the model that was promoted last', async () => {
    await promoteAll('a', 'b')
    const { model, name, reason } = await store.serving()
    expect([name, model?.sha256, reason]).toEqual(['b', (await store.read('b')).sha256, undefined])
    const { serving, history } = await store.registry()
    expect([serving?.name, history.map((each) => each.name)]).toEqual(['b', ['a']])
  })

  it('serves the one before again after a rollback, and the first has none before it', async () => {
    await promoteAll('a', 'b')
    await store.rollBack()
    expect((await store.serving()).name).toBe('a')
    await expect(store.rollBack()).rejects.toMatchObject({ code: 'ERR_MODEL', message: 'no model served before a' })
    expect((await store.serving()).name).toBe('a')
  })

  it('passes over models that cannot be used when it rolls back', async () => {
    await promoteAll('a', 'b', 'c')
    await writeFile(file('b'), '{')
    expect((await store.rollBack()).serving?.name).toBe('a')
  })

  it.each([
    ['broken', () => writeFile(file('b'), '{ "format": '), /b\.json: throughput model: not JSON/],
    ['gone', () => rm(file('b')), /b\.json: does not exist/],
    ['another', () => writeFile(file('b'), writeModelDocument(sampleModel(9))), /b\.json was written over since it was promoted/]
  ])('falls back to the last good model where the file of the serving one is %s, and says so', async (_, harm, reason) => {
    await promoteAll('a', 'b')
    await harm()
    const serving = await store.serving()
    expect(serving).toMatchObject({ name: 'a', reason: expect.stringMatching(reason) as string })
    expect(serving.model).toBeDefined()
  })

  it('says why there is none, and does not throw', async () => {
    expect(await modelStore(join(directory, 'nowhere')).serving()).toEqual({
      reason: `no model of ${join(directory, 'nowhere')} serves`
    })
    await writeFile(file('registry'), 'null')
    expect((await store.serving()).reason).toMatch(/registry\.json: registry of models: got vundefined, expected v1/)
    await writeFile(file('registry'), '{"version":1,"serving":{"name":"../x","sha256":"","promotedAt":"","why":""},"history":[]}')
    expect((await store.serving()).reason).toMatch(/a model's name must be of letters.*got "\.\.\/x"/)
  })

  it('lists models in order of name, and those that cannot be used with the reason', async () => {
    await promoteAll('b', 'a')
    await writeFile(file('c'), '[]')
    const list = await store.list()
    expect(list.map(({ name, found }) => [name, found instanceof Error])).toEqual([
      ['a', false],
      ['b', false],
      ['c', true]
    ])
  })

  it('leaves nothing but whole files behind', async () => {
    await promoteAll('a', 'b')
    expect((await readdir(directory)).sort()).toEqual(['a.json', 'b.json', 'registry.json'])
    expect(readRegistry(await readFile(file('registry'), 'utf8'))).toEqual(await store.registry())
  })

  it('refuses to promote what cannot be used', async () => {
    await expect(store.promote('a', record('2026-01-01'))).rejects.toMatchObject({ code: 'ERR_MODEL' })
    await expect(store.promote('registry', record('2026-01-01'))).rejects.toMatchObject({ code: 'ERR_MODEL' })
    expect(await store.registry()).toEqual(EMPTY_REGISTRY)
  })
})

describe('a registry', () => {
  const served = (name: string) => ({ name, sha256: name, ...record('2026-01-01') })

  it('refuses a model that serves already', () => {
    const registry = promoted(EMPTY_REGISTRY, served('a'))
    expect(() => promoted(registry, { ...served('a'), name: 'copy' })).toThrow('copy serves already, as a')
  })

  it('is as it was after a promotion and a rollback', () => {
    const registry = promoted(promoted(EMPTY_REGISTRY, served('a')), served('b'))
    expect(rolledBack(promoted(registry, served('c')))).toEqual(registry)
  })

  it.each([
    ['{', /not JSON/],
    ['{"version":2}', /got v2, expected v1/],
    ['{"version":1,"serving":{},"history":[]}', /serving must be a model, or null/],
    ['{"version":1,"serving":null,"history":[1]}', /history must be a list of models/]
  ])('is not %s', (text, message) => {
    expect(() => readRegistry(text)).toThrow(message)
  })
})
