import fc from 'fast-check'
import { expect, it } from 'vitest'
import { askedIn, questionOf, tokensAfter, tokensOf } from './echo-words.ts'

const asked = fc.record({ nonce: fc.stringMatching(/^[a-z0-9]{1,12}$/), tokens: fc.integer({ min: 0, max: 40 }) })

it('goes on from any beginning of the answer to the whole of it', () => {
  fc.assert(
    fc.property(asked, fc.nat(), (question, cut) => {
      const whole = tokensOf(question).join('')
      const begun = whole.slice(0, cut % (whole.length + 1))
      expect(begun + tokensAfter(question, begun)!.join('')).toBe(whole)
    })
  )
})

it('knows what was asked, and what is no beginning of the answer', () => {
  fc.assert(
    fc.property(asked, (question) => {
      expect(askedIn(questionOf(question))).toEqual(question)
      expect(tokensAfter(question, 'what')).toBeUndefined()
    })
  )
  expect(askedIn('how are you?')).toBeUndefined()
})
