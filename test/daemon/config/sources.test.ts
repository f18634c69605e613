import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configDifferences } from '../../../src/daemon/config/differences.ts'
import { type ScalarField, scalarFields, type SchemaNode } from '../../../src/daemon/config/fields.ts'
import { readConfig } from '../../../src/daemon/config/read-config.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-sources-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

/** Texts that hold for every field that is one, by its form. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'listen.host': ['0.0.0.0', '::1', 'router.example.org'],
  'cors.origins': ['*', 'https://chat.example.org', 'http://localhost:3000'],
  'telemetry.endpoint': ['http://127.0.0.1:4318', 'https://traces.example.org/v1'],
  // True only beside throughput.models.
  'throughput.retrain': ['false']
}
const NAMES = ['a', 'batch', 'x-1', 'true', '12']

/** Values that a field takes. */
function valuesOf(path: string, schema: SchemaNode): fc.Arbitrary<unknown> {
  const { type, anyOf, enum: names } = schema
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((each) => valuesOf(path, each)))
  if (names !== undefined) return fc.constantFrom(...names)
  if (type === 'integer' || type === 'number') return numbersOf(schema)
  if (type === 'boolean') return path in TEXTS ? fc.constant(false) : fc.boolean()
  const texts = fc.constantFrom(...textsOf(path, schema))
  return type === 'array' ? fc.array(texts, { maxLength: 4 }) : texts
}

function textsOf(path: string, { pattern = '' }: SchemaNode): readonly string[] {
  return pattern.startsWith('^fixed:') ? ['fixed:standard', 'fixed:per-token'] : (TEXTS[path] ?? NAMES)
}

function numbersOf({ type, minimum = 0, exclusiveMinimum, maximum = 1e6 }: SchemaNode): fc.Arbitrary<number> {
  if (type === 'integer') return fc.integer({ min: minimum, max: Math.min(maximum, 1e6) })
  return fc.double({ min: exclusiveMinimum === undefined ? minimum : 0.5, max: maximum, noNaN: true })
}

const textOf = (value: unknown) => (Array.isArray(value) ? value.join(',') : String(value))

/** Fields that hold something only together with others are left out. */
const ALONE = scalarFields().filter(({ path }) => !/^(network|crowdllama)\.|oolDownMs$/.test(path))

const settings = fc
  .constantFrom(...ALONE)
  .chain((field) => fc.tuple(fc.constant(field), valuesOf(field.path, field.schema)))
  .filter(([, value]) => textOf(value) !== '')

function documentOf({ path }: ScalarField, value: unknown): object {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object
}

describe('a field', () => {
  it('is the same from a file, the environment and the command line', async () => {
    const file = join(directory, 'one.json')
    await fc.assert(
      fc.asyncProperty(settings, async ([field, value]) => {
        await writeFile(file, JSON.stringify(documentOf(field, value)))
        const fromFile = await readConfig({ file, env: {} })
        await writeFile(file, '{}')
        const fromEnvironment = await readConfig({ file, env: { [field.variable]: textOf(value) } })
        const fromFlags = await readConfig({ file, env: {}, flags: { set: [`${field.path}=${textOf(value)}`] } })
        expect(fromEnvironment).toEqual(fromFile)
        expect(fromFlags).toEqual(fromFile)
      }),
      { numRuns: 150 }
    )
  })

  it('is the only difference where it alone is set, if it is one', async () => {
    const file = join(directory, 'two.json')
    await writeFile(file, '{}')
    const { config: usual } = await readConfig({ file, env: {} })
    await fc.assert(
      fc.asyncProperty(settings, async ([field, value]) => {
        const { config } = await readConfig({ file, env: { [field.variable]: textOf(value) } })
        const { apply, restart } = configDifferences(usual, config)
        const paths = [...apply, ...restart].map(({ path }) => path)
        const isUsual = JSON.stringify(config) === JSON.stringify(usual)
        expect(paths.filter((path) => field.path !== path && !field.path.startsWith(`${path}.`))).toEqual([])
        expect(paths.length).toBe(isUsual ? 0 : 1)
      }),
      { numRuns: 100 }
    )
  })
})
