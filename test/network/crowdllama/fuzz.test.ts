import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FuzzTarget } from '../../fuzz/fuzz-target.ts'
import { target as dht } from '../../fuzz/targets/crowdllama-dht.ts'
import { target as frames } from '../../fuzz/targets/crowdllama-frames.ts'
import { target as metadata } from '../../fuzz/targets/crowdllama-metadata.ts'

const INPUTS = 300

describe('whatever comes in', () => {
  it.each<[string, FuzzTarget]>([dht, frames, metadata].map((target) => [target.name, target]))(
    'is read or refused: %s',
    async (_, target) => {
      let inputs = 0
      await fc.assert(
        fc.asyncProperty(target.input, async (input) => {
          inputs++
          await target.check(input as never)
        }),
        { numRuns: INPUTS }
      )
      expect(inputs).toBeGreaterThanOrEqual(INPUTS)
    }
  )
})
