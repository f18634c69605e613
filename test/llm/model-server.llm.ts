import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Chunk, chunksOf, metricOf, post, textOf } from './client.ts'
import { type ModelServer, startModelServer } from './start-model-server.ts'

const chat = '/v1/chat/completions'
const model = 'smollm2-135m'
const SKY = [{ role: 'user', content: 'Why is the sky blue?' }]
const FOX = [{ role: 'user', content: 'Tell me a short story about a fox.' }]
const greedy = (messages: readonly object[], max_tokens: number) => ({ model, messages, max_tokens, temperature: 0 })
/** Goes on for longer than any test. */
const ENDLESS = { model, prompt: 'one two three one two three one two three one two three', temperature: 0 }

let fast: ModelServer
let slow: ModelServer

beforeAll(async () => {
  fast = await startModelServer({ threads: 1 })
  slow = await startModelServer({ threads: 1, slowFactor: 4, slots: 1, queue: 0 })
})

afterAll(async () => {
  await fast.stop()
  await slow.stop()
})

async function whole({ url }: ModelServer, body: object): Promise<Chunk> {
  const response = await post({ url, path: chat, body: { ...body } })
  expect(response.status).toBe(200)
  return (await response.json()) as Chunk
}

async function errorOf({ url }: ModelServer, body: object): Promise<unknown> {
  const response = await post({ url, path: chat, body: { ...body } })
  const { error } = (await response.json()) as { error: { code: string } }
  return { status: response.status, code: error.code }
}

/** Reads until there is as much text. */
async function textUntil(chunks: AsyncGenerator<Chunk, void>, ended: (text: string) => boolean): Promise<string> {
  let text = ''
  while (!ended(text)) {
    const next = await chunks.next()
    if (next.done === true) throw new Error(`the answer ended: ${text}`)
    text += textOf(next.value)
  }
  return text
}

function busy(url: string): Promise<number> {
  return metricOf(url, 'llamacpp:requests_processing')
}

describe('an answer', () => {
  it('comes a token a chunk, and its usage counts the tokens that were seen', async () => {
    const body = { ...greedy(SKY, 24), stream_options: { include_usage: true } }
    const chunks = await Array.fromAsync(chunksOf({ url: fast.url, path: chat, body }))
    const pieces = chunks.filter((chunk) => textOf(chunk) !== '')
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: null })
    expect(pieces).toHaveLength(24)
    expect(chunks.at(-2)!.choices[0].finish_reason).toBe('length')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 36, completion_tokens: 24, total_tokens: 60 } })
    const { choices, usage } = await whole(fast, greedy(SKY, 24))
    expect(choices[0].message!.content).toBe(pieces.map(textOf).join(''))
    expect(usage).toEqual(chunks.at(-1)!.usage)
  })

  it("is a model's: it knows the days of the week, and when to stop", async () => {
    const { choices, usage } = await whole(fast, greedy([{ role: 'user', content: 'Name the seven days of the week.' }], 200))
    expect(choices[0].message!.content).toMatch(/Monday.*Tuesday.*Wednesday.*Thursday.*Friday.*Saturday.*Sunday/s)
    expect(choices[0].finish_reason).toBe('stop')
    expect(usage!.completion_tokens).toBeLessThan(200)
  })

  it('is drawn the same with the same seed, and another with another', async () => {
    const drawn = async (seed: number) => textOf(await whole(fast, { ...greedy(FOX, 20), temperature: 1, seed }))
    const first = await drawn(1)
    expect(await drawn(1)).toBe(first)
    expect(await drawn(2)).not.toBe(first)
  })

  it('ends before a stop text', async () => {
    const full = textOf(await whole(fast, greedy(SKY, 24)))
    const stop = full.split(' ').slice(5, 7).join(' ')
    const { choices } = await whole(fast, { ...greedy(SKY, 24), stop })
    expect(choices[0].message!.content).toBe(full.slice(0, full.indexOf(stop)))
    expect(choices[0].finish_reason).toBe('stop')
  })

  it.each([3, 8, 15])('goes on from its first %i words as if it had not been cut', async (words) => {
    const full = textOf(await whole(fast, greedy(SKY, 48)))
    const prefix = full.split(' ').slice(0, words).join(' ')
    const rest = await whole(fast, greedy([...SKY, { role: 'assistant', content: prefix }], 24))
    expect(full.slice(prefix.length).startsWith(textOf(rest))).toBe(true)
    expect(rest.usage!.completion_tokens).toBe(24)
  })
})

describe('a model server', () => {
  it('answers two at a time as it answers each alone, and lets others wait', async () => {
    const alone = [await whole(fast, greedy(SKY, 32)), await whole(fast, greedy(FOX, 32))]
    const together = await Promise.all([SKY, FOX, SKY].map((messages) => whole(fast, greedy(messages, 32))))
    expect(together.map(textOf)).toEqual([textOf(alone[0]), textOf(alone[1]), textOf(alone[0])])
  })

  it('tells how many it answers and how many wait, and forgets those whose clients go', async () => {
    const { url } = fast
    const clients = Array.from({ length: 3 }, () => new AbortController())
    const streams = clients.map(({ signal }) => chunksOf({ url, path: '/v1/completions', body: ENDLESS, signal }))
    const first = streams.map((stream) => stream.next())
    await Promise.any(first)
    await vi.waitFor(async () => {
      expect(await metricOf(url, 'llamacpp:requests_deferred')).toBe(1)
    })
    expect(await busy(url)).toBe(2)
    for (const client of clients) client.abort()
    await Promise.allSettled(first)
    await vi.waitFor(async () => {
      expect([await busy(url), await metricOf(url, 'llamacpp:requests_deferred')]).toEqual([0, 0])
    }, 10_000)
    const slots = (await (await fetch(`${url}/slots`)).json()) as { is_processing: boolean }[]
    expect(slots.map((slot) => slot.is_processing)).toEqual([false, false])
    expect((await whole(fast, greedy(SKY, 4))).usage!.completion_tokens).toBe(4)
  })

  it('says which model it has, and that it is well', async () => {
    const models = (await (await fetch(`${fast.url}/v1/models`)).json()) as { data: { id: string }[] }
    expect(models.data.map(({ id }) => id)).toEqual([model])
    expect(await (await fetch(`${fast.url}/health`)).json()).toEqual({ status: 'ok' })
  })

  it('refuses what it cannot do, with the code that says so', async () => {
    expect(await errorOf(fast, { ...greedy(SKY, 4), model: 'another' })).toEqual({ status: 404, code: 'model_not_found' })
    const long = [{ role: 'user', content: 'word '.repeat(3000) }]
    expect(await errorOf(fast, greedy(long, 4))).toEqual({ status: 400, code: 'context_length_exceeded' })
    expect(await errorOf(fast, { messages: 'no list' })).toEqual({ status: 400, code: null })
  })
})

describe('a slower model server', () => {
  it('writes the same, and takes longer', async () => {
    const quick = await whole(fast, greedy(SKY, 32))
    const late = await whole(slow, greedy(SKY, 32))
    expect(textOf(late)).toBe(textOf(quick))
    expect(late.timings!.predicted_ms).toBeGreaterThan(quick.timings!.predicted_ms)
  })

  it('refuses with 503 when nobody may wait', async () => {
    const client = new AbortController()
    const stream = chunksOf({ url: slow.url, path: '/v1/completions', body: ENDLESS, signal: client.signal })
    await stream.next()
    expect(await errorOf(slow, greedy(SKY, 4))).toEqual({ status: 503, code: 'queue_full' })
    client.abort()
    await vi.waitFor(async () => {
      expect(await busy(slow.url)).toBe(0)
    }, 10_000)
  })

  it('is killed in the middle of an answer, and the other ends it as if nothing had been', async () => {
    const full = textOf(await whole(fast, greedy(SKY, 48)))
    const stream = chunksOf({ url: slow.url, path: chat, body: greedy(SKY, 48) })
    const begun = await textUntil(stream, (text) => text.split(' ').length >= 8)
    // The last word may not be whole, and half a word may be other tokens.
    const words = begun.slice(0, begun.lastIndexOf(' '))
    await slow.kill()
    await expect(Array.fromAsync(stream)).rejects.toThrow()
    const rest = await whole(fast, greedy([...SKY, { role: 'assistant', content: words }], 24))
    expect(full.startsWith(words + textOf(rest))).toBe(true)
  })
})
