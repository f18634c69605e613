import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPeerbanditError, messageOf } from '../../src/core/errors.ts'
import { canonicalJson } from '../../src/throughput/canonical-json.ts'
import { float32ToText } from '../../src/throughput/float32-text.ts'
import { readModelDocument, writeModelDocument } from '../../src/throughput/model-file.ts'
import { sampleModel, sampleWeights } from './sample-model.ts'

const TEXT = writeModelDocument(sampleModel())

type File = Record<string, unknown> & { features: { machine: string[] }; network: Record<string, unknown> }

/** The file with something else in it, and the hash that belongs to that. */
function changed(change: (file: File) => void): string {
  const file = JSON.parse(TEXT) as File
  change(file)
  const { sha256, ...content } = file
  expect(sha256).toHaveLength(64)
  return JSON.stringify({ ...content, sha256: createHash('sha256').update(canonicalJson(content)).digest('hex') })
}

function defectOf(text: string): string {
  try {
    readModelDocument(text)
  } catch (error) {
    expect(isPeerbanditError(error, 'ERR_MODEL')).toBe(true)
    return messageOf(error)
  }
  return 'none'
}

describe('the file of a model', () => {
  it('is read as it was written', () => {
    const { sha256, ...content } = readModelDocument(TEXT)
    expect(content).toEqual(sampleModel())
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(writeModelDocument(content)).toBe(TEXT)
  })

  it('has weights as base64 of little-endian single precision', () => {
    expect(float32ToText(Float32Array.of(1, -2))).toBe(Buffer.from('0000803f000000c0', 'hex').toString('base64'))
    const { network } = JSON.parse(TEXT) as File
    expect(network.b1).toBe(float32ToText(sampleWeights(1).b1))
  })

  it('may be laid out in any way: the hash is of what it says', () => {
    const file = JSON.parse(TEXT) as File
    const reversed = Object.fromEntries(Object.entries(file).reverse())
    expect(readModelDocument(JSON.stringify(reversed))).toEqual(readModelDocument(TEXT))
  })

  it('is read for any weights and any card', () => {
    const cards = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(), cards, (hidden, seed, card) => {
        const content = sampleModel(1, { weights: sampleWeights(seed, { hidden }), card })
        const read = readModelDocument(writeModelDocument(content))
        expect(read.weights).toEqual(content.weights)
        expect(JSON.stringify(read.card)).toBe(JSON.stringify(card))
      }),
      { numRuns: 50 }
    )
  })
})

describe('a file that is none of a model is refused by name', () => {
  it.each<[defect: string, text: string]>([
    ['not JSON', TEXT.slice(0, -10)],
    ['not JSON', ''],
    ['expected an object of JSON', '[]'],
    ['format must be "peerbandit-throughput-model", got undefined', '{}'],
    ['got v3, expected v2', TEXT.replace('"version": 2', '"version": 3')],
    ['got vundefined, expected v2', '{"format":"peerbandit-throughput-model"}'],
    ['does not match its sha256', TEXT.replace('"created": "2026-01-01"', '"created": "2026-01-02"')],
    ['does not match its sha256: got "0"', TEXT.replace(/"sha256": "[0-9a-f]{64}"/, '"sha256": "0"')],
    ['features.machine differ at place 2: got "amd gpu", expected "amd"', TEXT.replace('"amd"', '"amd gpu"')],
    [
      'features.machine differ at place 20: got the end of the list, expected "bitsAssumed"',
      changed((file) => file.features.machine.pop())
    ],
    [
      'features.machine differ at place 21: got "more", expected the end of the list',
      changed((file) => file.features.machine.push('more'))
    ],
    ['features.physics must be a list, got undefined', changed((file) => (file.features = { machine: file.features.machine }))],
    ['features.machine must be a list, got undefined', changed((file) => Reflect.deleteProperty(file, 'features'))],
    ['corrections differ at place 1', changed((file) => (file.corrections = ['compute']))],
    ['network.hidden must be an integer from 1 to 1024, got 0', changed((file) => (file.network.hidden = 0))],
    [
      'network.hidden must be an integer from 1 to 1024, got undefined',
      changed((file) => Reflect.deleteProperty(file, 'network'))
    ],
    ['network.w1 must hold 620 numbers, got 640', changed((file) => (file.network.hidden = 31))],
    ['network.w1 must be base64', changed((file) => (file.network.w1 = '%'))],
    ['network.b2 must be base64', changed((file) => delete file.network.b2)],
    [
      'network.b2 must hold finite numbers, got NaN at place 4',
      changed((file) => (file.network.b2 = float32ToText(new Float32Array(12).fill(NaN, 3))))
    ],
    ['calibration must hold finite numbers', changed((file) => (file.calibration = { familiar: { speed: 0.1, firstToken: 0 } }))],
    ['knownGpus must be a list of names', changed((file) => (file.knownGpus = [1]))],
    ['gpuEffects must hold finite numbers', changed((file) => (file.gpuEffects = { 'RTX 3090': { speed: 1 } }))],
    ['card must be an object, got "mine"', changed((file) => (file.card = 'mine'))],
    ['more than 50 levels deep', changed((file) => (file.card = {})).replace('{}', `${'['.repeat(60)}${']'.repeat(60)}`)]
  ])('%s', (defect, text) => {
    expect(defectOf(text)).toContain(defect)
  })

  it('or never written', () => {
    const weights = { ...sampleWeights(1), b1: new Float32Array(31) }
    expect(() => writeModelDocument(sampleModel(1, { weights }))).toThrow('network.b1 must hold 32 numbers, got 31')
    const calibration = { familiar: { speed: 0, firstToken: 0 }, unfamiliar: { speed: NaN, firstToken: 0 } }
    expect(() => writeModelDocument(sampleModel(1, { calibration }))).toThrow('calibration must hold finite numbers')
  })

  it('whatever is in it', () => {
    fc.assert(
      fc.property(fc.nat(TEXT.length - 1), fc.string({ minLength: 1, maxLength: 4 }), (at, junk) => {
        const broken = TEXT.slice(0, at) + junk + TEXT.slice(at + junk.length)
        const meant = (text: string): unknown => {
          try {
            return JSON.parse(text)
          } catch {
            return undefined
          }
        }
        fc.pre(canonicalJson(meant(broken) ?? null) !== canonicalJson(meant(TEXT)))
        expect(defectOf(broken)).toContain('throughput model: ')
      }),
      { numRuns: 200 }
    )
  })
})
