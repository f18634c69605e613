import fc from 'fast-check'
import { parseMetadata } from '../../../src/network/crowdllama/metadata.ts'
import { checkObservation } from '../../../src/peer/observation.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { valueOrRefusal } from '../verdict.ts'

const ID = '12D3KooWLLUBEZhkEq6NtTLD99RRpEYdcbe8uzx3L56UgF5VK4bw'

const figure = fc.oneof(fc.double(), fc.integer(), fc.constantFrom('1e999', '-1', 'NaN', '0x1', '1e12', '-0', 'null', '""', '[]'))
const time = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.string(),
  fc.constantFrom('0001-01-01T00:00:00Z', '2025-07-13T10:00:00.123456789+02:00')
)

/** Documents that are nearly right, so that inputs get past the first checks. */
const nearly = fc
  .record({
    peer: fc.oneof({ weight: 9, arbitrary: fc.constant(ID) }, fc.string()),
    models: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
    speed: figure,
    load: figure,
    vram: figure,
    gpu: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
    time,
    mode: fc.oneof(fc.boolean(), fc.jsonValue()),
    other: fc.jsonValue({ maxDepth: 12 })
  })
  .map(({ peer, models, speed, load, vram, gpu, time: at, mode, other }) => {
    const texts = [
      ['peer_id', JSON.stringify(peer)],
      ['supported_models', JSON.stringify(models)],
      ['tokens_throughput', String(speed)],
      ['load', String(load)],
      ['vram_gb', String(vram)],
      ['gpu_model', JSON.stringify(gpu)],
      ['last_updated', JSON.stringify(at)],
      ['worker_mode', JSON.stringify(mode)],
      ['__proto__', JSON.stringify(other)]
    ]
    return new TextEncoder().encode(`{${texts.map(([name, value]) => `"${name}":${value}`).join(',')}}`)
  })

const cut = fc.tuple(nearly, fc.nat(400)).map(([bytes, length]) => bytes.subarray(0, length))

export const target: FuzzTarget = {
  name: 'metadata of CrowdLlama',
  input: fc.oneof(fc.uint8Array({ maxLength: 400 }), nearly, cut),
  check(bytes: Uint8Array) {
    const claims = valueOrRefusal(() => parseMetadata(bytes, ID))
    // What passes may go to the peer table.
    if (claims !== undefined) checkObservation({ kind: 'claims', claims })
  }
}
