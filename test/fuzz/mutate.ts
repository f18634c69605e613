import fc from 'fast-check'

/** Bytes at the edges of what fields, varints and text hold. */
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0x81, 0xc0, 0xf8, 0xfe, 0xff]

type Mutation = (bytes: number[]) => number[]

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const at = (bytes: readonly number[], where: number) => Math.floor(where * bytes.length)
const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...EDGES))

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, byte).map(
    ([where, value]): Mutation =>
      (bytes) =>
        bytes.with(at(bytes, where), value)
  ),
  fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([where, bit]): Mutation => (bytes) => {
    const index = at(bytes, where)
    return bytes.with(index, bytes[index] ^ (1 << bit))
  }),
  fc.tuple(place, fc.array(byte, { minLength: 1, maxLength: 12 })).map(
    ([where, added]): Mutation =>
      (bytes) =>
        bytes.toSpliced(at(bytes, where), 0, ...added)
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 16 })).map(
    ([where, count]): Mutation =>
      (bytes) =>
        bytes.toSpliced(at(bytes, where), count)
  ),
  place.map(
    (where): Mutation =>
      (bytes) =>
        bytes.slice(0, at(bytes, where))
  ),
  fc.tuple(place, place).map(([from, to]): Mutation => (bytes) => {
    const [start, end] = [at(bytes, from), at(bytes, to)].sort((a, b) => a - b)
    return [...bytes.slice(0, end), ...bytes.slice(start)]
  })
)

/** What was right once, with a few places that are not any more. */
function mutated(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(valid, fc.array(mutation, { minLength: 1, maxLength: 4 })).map(([bytes, mutations]) => {
    const changed = mutations.reduce((before, change) => (before.length === 0 ? before : change(before)), [...bytes])
    return Uint8Array.from(changed)
  })
}

/** Right messages, ones that were right once, and any bytes. */
export function hostile(valid: fc.Arbitrary<Uint8Array>, maxLength = 128): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 1, arbitrary: valid },
    { weight: 3, arbitrary: mutated(valid) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength }) }
  )
}
