import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'
import type { ManualClock } from '../../src/core/clock.ts'
import { startMockOllama, tokensAskedFor } from './mock-ollama.ts'
import type { MockOllama, MockOllamaSettings } from './mock-ollama.ts'

let clock: ManualClock
let ollama: MockOllama

async function begin(settings: MockOllamaSettings) {
  ollama = await startMockOllama(settings, clock)
}

beforeEach(() => {
  clock = manualClock(1_000_000)
})

afterEach(() => ollama.stop())

function chat(content: string, stream = false): Promise<Response> {
  const body = JSON.stringify({ model: 'tiny', messages: [{ role: 'user', content }], stream })
  return fetch(`${ollama.url}/api/chat`, { method: 'POST', body })
}

/** Resolves when so many requests are being answered and so many wait. */
async function until(running: number, waiting: number): Promise<void> {
  while (ollama.running !== running || ollama.waiting !== waiting) await new Promise(setImmediate)
}

describe('the mock of Ollama', () => {
  it('says as many words as the prompt asks for, like Ollama', async () => {
    await begin({})
    const reply = await chat('say 3 words')
    expect(reply.status).toBe(200)
    expect(await reply.json()).toMatchObject({
      model: 'tiny',
      created_at: '1970-01-01T00:16:40.000Z',
      message: { role: 'assistant', content: 'word word word' },
      done: true,
      done_reason: 'stop',
      eval_count: 3
    })
    expect(tokensAskedFor('hello')).toBe(8)
  })

  it('streams lines of JSON where it is asked to', async () => {
    await begin({})
    const lines = (await (await chat('say 2 words', true)).text()).trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { done: boolean }).done)).toEqual([false, false, true])
  })

  it('takes its time, in as many slots as it has', async () => {
    await begin({ tokensPerSecond: 10, firstTokenMs: 500, slots: 2 })
    const replies = [1, 2, 3].map(() => chat('say 5 words'))
    await until(2, 1)
    clock.advance(999)
    await until(2, 1)
    clock.advance(1)
    await Promise.race(replies)
    await until(1, 0)
    clock.advance(1_000)
    const bodies = (await Promise.all((await Promise.all(replies)).map((reply) => reply.json()))) as { eval_duration: number }[]
    expect(bodies.map(({ eval_duration }) => eval_duration)).toEqual([1e9, 1e9, 1e9])
  })

  it('fails as it is told to', async () => {
    const failures = ['status', 'garbage', 'cut'] as const
    await begin({ failure: (request) => failures[request] })
    const status = await chat('a')
    expect([status.status, await status.json()]).toEqual([500, { error: 'model runner has unexpectedly stopped' }])
    await expect((await chat('b')).json()).rejects.toThrow()
    await expect(chat('c').then((reply) => reply.text())).rejects.toThrow()
    expect((await chat('d')).status).toBe(200)
    expect(ollama.prompts).toEqual(['a', 'b', 'c', 'd'])
  })

  it('frees the slot of a client that went away', async () => {
    await begin({ slots: 1, failure: (request) => (request === 0 ? 'silence' : undefined) })
    const gone = new AbortController()
    const silent = fetch(`${ollama.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({ model: 'tiny', messages: [] }),
      signal: gone.signal
    })
    await until(1, 0)
    const next = chat('hello')
    await until(1, 1)
    gone.abort()
    await expect(silent).rejects.toThrow()
    expect((await next).status).toBe(200)
  })

  it.each([
    ['tokensPerSecond', { tokensPerSecond: 0 }],
    ['firstTokenMs', { firstTokenMs: NaN }],
    ['slots', { slots: 0 }]
  ])('refuses %s that is none', async (name, settings) => {
    await begin({})
    expect(() => {
      ollama.set(settings)
    }).toThrow(name)
  })

  it('knows nothing else', async () => {
    await begin({})
    expect((await fetch(`${ollama.url}/api/tags`)).status).toBe(404)
  })
})
