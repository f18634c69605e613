import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../src/core/clock.ts'
import { Freshness } from '../../../src/network/crowdllama/freshness.ts'
import { claimsOf, parseMetadata, writeMetadata } from '../../../src/network/crowdllama/metadata.ts'

const ID = '12D3KooWLLUBEZhkEq6NtTLD99RRpEYdcbe8uzx3L56UgF5VK4bw'

/** As a worker of CrowdLlama writes it. */
const DOCUMENT = {
  peer_id: ID,
  supported_models: ['llama-2-7b', 'tinyllama'],
  tokens_throughput: 150,
  vram_gb: 24,
  load: 0.3,
  gpu_model: 'RTX 4090',
  last_updated: '2025-07-13T09:46:40.000000005-03:00',
  version: '1d15b12',
  worker_mode: true
}

const bytesOf = (document: unknown) => new TextEncoder().encode(JSON.stringify(document))
const parse = (document: unknown) => parseMetadata(bytesOf(document), ID)
const parseText = (text: string) => parseMetadata(new TextEncoder().encode(text), ID)
const textWith = (field: string, value: string) => JSON.stringify({ ...DOCUMENT, [field]: 'HERE' }).replace('"HERE"', value)

const isRefused = (problem: string) =>
  expect.objectContaining({ code: 'ERR_PROTOCOL', message: expect.stringContaining(problem) as string }) as Error

describe('metadata', () => {
  it('is read as CrowdLlama writes it', () => {
    expect(parse(DOCUMENT)).toEqual({
      models: ['llama-2-7b', 'tinyllama'],
      tokensPerSecond: 150,
      vramGb: 24,
      loadRatio: 0.3,
      gpuModel: 'RTX 4090',
      updatedMs: Date.UTC(2025, 6, 13, 12, 46, 40),
      isWorker: true
    })
  })

  it('of older nodes does not say who works: whoever has models does', () => {
    const older = { ...DOCUMENT, version: undefined, worker_mode: undefined }
    expect(parse(older)).toMatchObject({ isWorker: true, models: DOCUMENT.supported_models })
    expect(parse({ ...older, supported_models: null })).toMatchObject({ isWorker: false, models: [] })
  })

  it('of a consumer has no models, whatever it lists', () => {
    expect(claimsOf(parse({ ...DOCUMENT, worker_mode: false })).models).toEqual([])
  })

  it('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.record({
          models: fc.uniqueArray(fc.stringMatching(/^[\w:.-]{1,40}$/), { minLength: 1, maxLength: 20 }),
          tokensPerSecond: fc.double({ min: 0, max: 1e6, noNaN: true }),
          vramGb: fc.integer({ min: 0, max: 1_000 }),
          loadRatio: fc.double({ min: 0, max: 1, noNaN: true }),
          gpuModel: fc.stringMatching(/^[\w -]{0,40}$/),
          updatedMs: fc.integer({ min: 0, max: 4e12 }),
          isWorker: fc.constant(true)
        }),
        (metadata) => {
          const read = parseMetadata(writeMetadata(metadata, { id: ID, version: 'x' }), ID)
          expect(read).toEqual(JSON.parse(JSON.stringify(metadata)))
        }
      ),
      { numRuns: 100 }
    )
  })

  it.each([
    [
      'another node',
      textWith('peer_id', '"12D3KooWGtAsTBuXFJrywcneqUYsGLD6ym9en2uqc56g4fMySVcK"'),
      'be of the node that sends it'
    ],
    ['no node', textWith('peer_id', 'null'), 'be of the node that sends it'],
    ['an infinite speed', textWith('tokens_throughput', '1e999'), 'tokens_throughput'],
    ['a negative speed', textWith('tokens_throughput', '-1'), 'tokens_throughput'],
    ['an absurd speed', textWith('tokens_throughput', '1e13'), 'tokens_throughput'],
    ['a speed in words', textWith('tokens_throughput', '"fast"'), 'tokens_throughput'],
    ['a negative load', textWith('load', '-0.1'), 'load'],
    ['negative memory', textWith('vram_gb', '-24'), 'vram_gb'],
    ['models that are no list', textWith('supported_models', '{"length":1}'), 'supported_models'],
    ['too many models', textWith('supported_models', JSON.stringify(Array(1_025).fill('m'))), 'supported_models'],
    ['a model that is no text', textWith('supported_models', '["a",7]'), 'name its models'],
    ['a model without a name', textWith('supported_models', '[""]'), 'name its models'],
    ['a long name of a model', textWith('supported_models', JSON.stringify(['m'.repeat(257)])), 'name its models'],
    ['a name that moves the cursor', textWith('gpu_model', '"\\u001b[2J"'), 'gpu_model'],
    ['a time in words', textWith('last_updated', '"yesterday"'), 'last_updated'],
    ['a time that is none', textWith('last_updated', '"2025-13-41T25:61:00Z"'), 'last_updated'],
    ['no time', textWith('last_updated', 'null'), 'last_updated'],
    ['a mode in words', textWith('worker_mode', '"yes"'), 'worker_mode'],
    ['a list', '[]', 'be a JSON object'],
    ['nothing', '', 'got nothing'],
    ['half of it', JSON.stringify(DOCUMENT).slice(0, 60), 'be JSON'],
    ['NaN', textWith('load', 'NaN'), 'be JSON'],
    ['a bomb of lists', textWith('later', '['.repeat(30_000)), 'be nested at most'],
    ['a bomb of objects', '{"a":'.repeat(10_000), 'be nested at most'],
    ['too many bytes', textWith('later', JSON.stringify('x'.repeat(70_000))), 'be at most 65536 bytes']
  ])('of %s is refused', (_, text, problem) => {
    expect(() => parseText(text)).toThrow(isRefused(problem))
  })

  it('of bytes that are no text is refused', () => {
    expect(() => parseMetadata(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), ID)).toThrow(isRefused('be JSON'))
  })

  it('counts no bracket inside a string as nesting', () => {
    expect(parse({ ...DOCUMENT, gpu_model: '[[[[[[[[[[["{{{{{{{{{{{' }).gpuModel).toContain('"')
  })
})

describe('freshness', () => {
  const MAX_AGE_MS = 60_000
  /** A clock that has run for a day. */
  const later = () => {
    const clock = manualClock(1e12)
    return { clock, freshness: new Freshness(clock, MAX_AGE_MS) }
  }

  it('takes the word of a node at the first look, both ways', () => {
    const { clock, freshness } = later()
    const now = clock.wall()
    const looks = [0, -59_000, 59_000, -61_000, 61_000].map((offset, i) => freshness.isFresh(`peer-${i}`, now + offset))
    expect(looks).toEqual([true, true, true, false, false])
  })

  it('goes when nobody renews the metadata any more', () => {
    const { clock, freshness } = later()
    const written = clock.wall()
    expect(freshness.isFresh('a', written)).toBe(true)
    clock.advance(MAX_AGE_MS + 1)
    expect(freshness.isFresh('a', written)).toBe(false)
  })

  it.each([-7_200_000, 7_200_000])('comes with the first renewal by a clock that is wrong by %i ms, and stays', (skewMs) => {
    const { clock, freshness } = later()
    const look = () => freshness.isFresh('a', clock.wall() + skewMs)
    expect(look()).toBe(false)
    for (let i = 0; i < 5; i++) {
      clock.advance(30_000)
      expect(look(), `renewal ${i}`).toBe(true)
    }
    const last = clock.wall() + skewMs
    clock.advance(MAX_AGE_MS + 1)
    expect(freshness.isFresh('a', last)).toBe(false)
  })
})
