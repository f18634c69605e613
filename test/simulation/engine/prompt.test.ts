import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerTokensOf, fillerText, promptOf, promptTokensOf } from '../../../src/simulation/engine/prompt.ts'
import { request } from '../run-jobs.ts'

describe('promptOf', () => {
  it('carries both lengths of a job', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 5000 }), fc.integer({ min: 1, max: 100_000 }), (promptTokens, outputTokens) => {
        const asked = request({ prompt: promptOf({ promptTokens, outputTokens }), maxTokens: 131_072 })
        expect([promptTokensOf(asked), answerTokensOf(asked)]).toEqual([promptTokens, outputTokens])
      })
    )
  })

  it('comes out as long as its request where less is asked for', () => {
    expect(promptOf({ promptTokens: 1, outputTokens: 5 })).toBe('Answer in 5 tokens. ')
  })
})

describe('sizes of a request', () => {
  it('are the known size and the limit where there is nothing else', () => {
    const asked = request({ prompt: 'Why is the sky blue?', promptTokens: 77, maxTokens: 12 })
    expect([promptTokensOf(asked), answerTokensOf(asked)]).toEqual([77, 12])
    expect(promptTokensOf(request({ prompt: 'Why is the sky blue?' }))).toBe(5)
  })

  it('are at least one token of answer', () => {
    expect(answerTokensOf(request({ prompt: 'Answer in 0 tokens.', maxTokens: 12 }))).toBe(1)
  })
})

describe('fillerText', () => {
  it('goes on where it left off', () => {
    expect(fillerText(0, 13) + fillerText(13, 20)).toBe(fillerText(0, 33))
  })
})
