import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pieces } from './pieces.ts'

const bytesToText = (bytes: readonly number[]) => new TextDecoder().decode(Uint8Array.from(bytes))

/** All pieces of a text that comes a byte a token. */
function piecesOf(text: string, stops: readonly string[]) {
  const pieces = new Pieces<number>(bytesToText, stops)
  const all = []
  for (const byte of new TextEncoder().encode(text)) {
    all.push(pieces.add(byte))
    if (pieces.stopped) break
  }
  if (!pieces.stopped) all.push(pieces.end())
  return all.filter((piece) => piece !== undefined)
}

const joined = (text: string, stops: readonly string[]) =>
  piecesOf(text, stops)
    .map((piece) => piece.text)
    .join('')

describe('pieces', () => {
  it('hold back half a character until it is whole, and count its tokens with it', () => {
    expect(piecesOf('aé', [])).toEqual([
      { text: 'a', count: 1 },
      { text: 'é', count: 2 }
    ])
  })

  it('hold back what may be the start of a stop', () => {
    expect(piecesOf('abcx', ['cd'])).toEqual([
      { text: 'a', count: 1 },
      { text: 'b', count: 1 },
      { text: 'cx', count: 2 }
    ])
  })

  it('make the whole text where there is no stop', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(joined(text, [])).toBe(text)
        expect(piecesOf(text, []).reduce((sum, piece) => sum + piece.count, 0)).toBe(Buffer.byteLength(text))
      })
    )
  })

  it('make the text before the first stop', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 40 })
    const stop = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(letters, stop, (text, stop) => {
        const at = text.indexOf(stop)
        expect(joined(text, [stop])).toBe(at < 0 ? text : text.slice(0, at))
      })
    )
  })
})
