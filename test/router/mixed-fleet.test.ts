import { describe, expect, it } from 'vitest'
import type { Fleet } from '../../src/router/fleet.ts'
import { mixedFleet } from '../../src/router/mixed-fleet.ts'
import type { InferenceEvent } from '../../src/router/transport.ts'

function fleet(name: string, peers: Readonly<Record<string, readonly string[]>>) {
  const listeners = new Set<() => void>()
  const jobs: string[] = []
  let stopped = false
  const made: Fleet = {
    transport: {
      async *infer(peer): AsyncGenerator<InferenceEvent> {
        jobs.push(peer)
        yield await Promise.resolve({ kind: 'tokens', text: name, count: 1 })
      }
    },
    has: (peer) => Object.hasOwn(peers, peer),
    members: (model) => Object.keys(peers).filter((peer) => peers[peer].includes(model)),
    models: () => Object.values(peers).flat(),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop() {
      stopped = true
      return Promise.resolve()
    }
  }
  return { made, jobs, listeners, stopped: () => stopped }
}

const request = { jobId: '1', model: 'm', prompt: '', promptTokens: 0, maxTokens: 1 }

describe('several fleets', () => {
  const one = fleet('one', { a: ['m', 'n'], b: ['m'] })
  const two = fleet('two', { b: ['m'], c: ['k', 'm'] })
  const both = mixedFleet([one.made, two.made])

  it('have the members and models of all', () => {
    expect(both.members('m')).toEqual(['a', 'b', 'c'])
    expect(both.members('k')).toEqual(['c'])
    expect(new Set(both.models())).toEqual(new Set(['m', 'n', 'k']))
    expect(['a', 'c', 'd'].map((peer) => both.has(peer))).toEqual([true, true, false])
  })

  it('send a job to the fleet of its peer, the first that has it', async () => {
    for (const peer of ['a', 'b', 'c']) await Array.fromAsync(both.transport.infer(peer, request, {}))
    expect([one.jobs, two.jobs]).toEqual([['a', 'b'], ['c']])
    expect(() => both.transport.infer('d', request, {})).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_PEER' }) as Error)
  })

  it('tell of changes in any, and stop together', async () => {
    let calls = 0
    const end = both.onChange(() => calls++)
    for (const { listeners } of [one, two]) for (const listener of listeners) listener()
    expect(calls).toBe(2)
    end()
    expect([one.listeners.size, two.listeners.size]).toEqual([0, 0])
    await both.stop()
    expect([one.stopped(), two.stopped()]).toEqual([true, true])
  })
})
